"""Line rates: runs told from what lines counted, models fitted on them, and the plant with their rates."""
