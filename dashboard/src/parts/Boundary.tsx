import { Component, type ReactNode } from "react";

import { Trouble } from "./states";

/** Keeps a page that fails from taking the others with it; its files may not have come while the service was away. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <Trouble error={error} again={() => window.location.reload()} />;
  }
}
