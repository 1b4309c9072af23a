import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className="size-6"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const MicrophoneIcon = () => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);

export const MutedIcon = () => (
  <Icon>
    <path d="M9 9v2a3 3 0 0 0 4.5 2.6M15 10.5V6a3 3 0 0 0-5.7-1.3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5a6.4 6.4 0 0 1-.5 2.5M12 18v3M4 4l16 16" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon>
    <path d="m8 14 4-4 4 4" />
  </Icon>
);

export const ThumbIcon = ({ isDown = false }) => (
  <Icon>
    <path
      transform={isDown ? "rotate(180 12 12)" : undefined}
      d="M7 11v9H4v-9h3Zm0 0 4-7c1.5 0 2.5 1 2.2 2.6l-.6 2.9H18a2 2 0 0 1 2 2.4l-1.3 6.5A2 2 0 0 1 16.7 20H7"
    />
  </Icon>
);

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
);

export const HangUpIcon = () => (
  <Icon>
    <path
      fill="currentColor"
      d="M12 9c3.6 0 6.9 1.2 9.3 3.2.5.4.6 1.1.3 1.7l-1.3 2.3c-.3.6-1 .8-1.6.6l-2.9-1.1c-.5-.2-.9-.7-.9-1.3v-1.7a12.5 12.5 0 0 0-5.8 0v1.7c0 .6-.4 1.1-.9 1.3l-2.9 1.1c-.6.2-1.3 0-1.6-.6l-1.3-2.3c-.3-.6-.2-1.3.3-1.7C5.1 10.2 8.4 9 12 9Z"
    />
  </Icon>
);

export const KeyboardIcon = () => (
  <Icon>
    <rect x="2.5" y="5.5" width="19" height="13" rx="2.5" />
    <path d="M6.5 9.5h.01M10.2 9.5h.01M13.8 9.5h.01M17.5 9.5h.01M6.5 12.5h.01M17.5 12.5h.01M10.2 12.5h.01M13.8 12.5h.01M8.5 15.5h7" />
  </Icon>
);

export const SoundIcon = () => (
  <Icon>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />
  </Icon>
);
