import { Component, type ReactNode } from "react";

interface OrnamentProps {
  children: ReactNode;
  /** What stands there when it has broken. */
  fallback: ReactNode;
}

/** Keeps what only adorns the page from taking the call along when it breaks. */
export class Ornament extends Component<OrnamentProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? this.props.fallback : this.props.children;
  }
}
