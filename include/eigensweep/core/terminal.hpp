// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace eigensweep::terminal {

/// Columns of standard output: what COLUMNS says, else what the terminal says. 0 where it is none, so that pipes and
/// files get whole lines.
std::size_t output_columns();

/// Width on a terminal: code points, not bytes ("±" is one).
std::size_t display_width(const std::string& text);

/// A page whose lines have at most `columns` columns, broken between words. The rest of a line stands under what
/// follows its first gap of two blanks or more, as in a table of names and meanings. A word that is longer is left
/// whole. 0 columns: the page as it is.
std::string wrapped(const std::string& page, std::size_t columns);

}  // namespace eigensweep::terminal
