"""Platforms: how Spark, Kafka, Ray, MLflow and public data sets are reached, nothing else."""
