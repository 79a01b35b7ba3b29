// SPDX-License-Identifier: MIT
#include "eigensweep/core/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>
#include <iostream>

#include "eigensweep/core/text.hpp"

namespace eigensweep::log {
namespace {

/// Takes the place of spdlog's own %v, which writes a message as it is.
class OneLine : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const std::string words = text::one_line({message.payload.data(), message.payload.size()});
    line.append(words.data(), words.data() + words.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<OneLine>(); }
};

}  // namespace

std::unique_ptr<spdlog::formatter> line_formatter(const std::string& pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<OneLine>('v').set_pattern(pattern);
  return formatter;
}

void complain(const std::string& program, const std::string& message) {
  std::cerr << program << ": " << text::one_line(message) << '\n';
}

void start(const std::string& name) {
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_formatter(line_formatter("%H:%M:%S %n %^%l%$ %v"));
  const char* level = std::getenv("EIGENSWEEP_LOG");
  logger->set_level(level != nullptr ? spdlog::level::from_str(level) : spdlog::level::info);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace eigensweep::log
