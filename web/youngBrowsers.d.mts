import type { Linter } from "eslint";

export const browserRules: Linter.RulesRecord;
