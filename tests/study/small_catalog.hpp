// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/study/expand/study.hpp"

/// Every kind of the catalog, with an "mnist" whose facts are constants: no test here needs its files.
const eigensweep::study::Catalog& small_catalog();

/// parse_study with that catalog and the file name "s.json".
eigensweep::study::Study parse(const std::string& text);

/// The message of the ConfigError that parse() throws; "" if it accepts the study.
std::string message_of(const std::string& text);
