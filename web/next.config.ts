import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  // The checkout may lie inside another npm project; the page's own folder is the root.
  turbopack: { root: import.meta.dirname },
};

export default config;
