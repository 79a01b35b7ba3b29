// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <string>

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::study {

/// What products of float32 matrices round their operands to. Sums and results are float32. tf32 keeps 10 bits after
/// the leading one, bfloat16 keeps 7, float32 all 23.
enum class Compute { float32, tf32, bfloat16 };

/// Adds the option "compute" to those of T. `products`: which ones it is for, in words.
template <class T, class Base>
Fields<T>& add_compute(Fields<T>& fields, Compute Base::*member, const std::string& products) {
  return fields.choice("compute", member,
                       {{"float32", Compute::float32}, {"tf32", Compute::tf32}, {"bfloat16", Compute::bfloat16}},
                       fmt::format("what operands are rounded to in {}; sums and results are float32", products));
}

/// Whether these resolved options have a "compute" other than float32.
bool rounds_products(const Json& options);

/// Says in one line why options that do are impossible for a network of that shape, or "".
std::string refuse_rounding(const Json& options, const ModelShape& shape);

}  // namespace eigensweep::study
