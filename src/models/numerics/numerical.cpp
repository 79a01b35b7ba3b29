// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/numerical.hpp"

#include <c10/util/Exception.h>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::models {

std::string numerical_failure(const std::function<void()>& work) {
  try {
    work();
    return "";
  } catch (const NumericalError& error) {
    return error.what();
  } catch (const c10::LinAlgError& error) {
    const std::string words = text::first_line(error.what_without_backtrace());
    // Torch throws the same type when cuSOLVER refuses a call.
    if (words.find("cusolver error") != std::string::npos) throw;
    return words;
  }
}

}  // namespace eigensweep::models
