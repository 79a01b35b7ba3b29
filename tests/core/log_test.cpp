// SPDX-License-Identifier: MIT
#include "eigensweep/core/log.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <sstream>

using namespace eigensweep;

TEST_CASE("a log line stays one line, whatever its message holds") {
  std::ostringstream written;
  spdlog::logger logger("rank 0", std::make_shared<spdlog::sinks::ostream_sink_mt>(written));
  logger.set_formatter(log::line_formatter("%n %l %v"));
  logger.warn("a label 'a\nb' in {}", "\x1b[31mred");
  CHECK(written.str() == "rank 0 warning a label 'a\\nb' in \\u001b[31mred\n");
}

TEST_CASE("last words are one line with the program's name") {
  std::ostringstream written;
  std::streambuf* const standard_error = std::cerr.rdbuf(written.rdbuf());
  log::complain("eigensweep", "s.json:/metrics/a\nb: 'a\nb' is no label");
  std::cerr.rdbuf(standard_error);
  CHECK(written.str() == "eigensweep: s.json:/metrics/a\\nb: 'a\\nb' is no label\n");
}
