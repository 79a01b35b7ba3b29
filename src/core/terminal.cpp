// SPDX-License-Identifier: MIT
#include "eigensweep/core/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace eigensweep::terminal {
namespace {

constexpr std::size_t least_columns = 20;

/// Where the rest of a broken line begins.
std::size_t hanging(const std::string& line, std::size_t columns) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", begin);
  if (gap == std::string::npos) return begin;
  const std::size_t second = std::min(line.find_first_not_of(' ', gap), line.size());
  // A second column that begins far to the right leaves no room.
  return second * 2 < columns ? display_width(line.substr(0, second)) : begin + 2;
}

std::string wrapped_line(const std::string& line, std::size_t columns) {
  if (display_width(line) <= columns) return line;
  const std::size_t indent = hanging(line, columns);
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  std::string text;
  std::size_t used = 0;
  bool is_first = true;
  for (std::size_t at = begin; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::size_t next = std::min(line.find_first_not_of(' ', end), line.size());
    const std::string word = line.substr(at, end - at);
    const std::size_t wide = display_width(word);
    if (is_first) {
      text.append(begin, ' ');
      used = begin;
    } else if (used + wide > columns && used > indent) {
      while (!text.empty() && text.back() == ' ') text.pop_back();
      text += '\n' + std::string(indent, ' ');
      used = indent;
    }
    is_first = false;
    text += word + line.substr(end, next - end);
    used += wide + (next - end);
    at = next;
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

std::size_t output_columns() {
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    const long value = std::strtol(columns, nullptr, 10);
    if (value > 0) return std::max(static_cast<std::size_t>(value), least_columns);
  }
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  return std::max<std::size_t>(size.ws_col, least_columns);
}

std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string wrapped(const std::string& page, std::size_t columns) {
  if (columns == 0) return page;
  std::istringstream lines(page);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += wrapped_line(line, columns) + '\n';
  return text;
}

}  // namespace eigensweep::terminal
