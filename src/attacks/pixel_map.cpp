// SPDX-License-Identifier: MIT
#include "pixel_map.hpp"

#include <cmath>
#include <numbers>

namespace eigensweep::attacks {

PixelMap::PixelMap(std::int64_t height, std::int64_t width, std::int64_t neighbours)
    : height_(height),
      width_(width),
      from_(torch::zeros({neighbours, height * width}, torch::kInt64)),
      weight_(torch::zeros({neighbours, height * width}, torch::kFloat32)),
      outside_(torch::zeros({height * width}, torch::kFloat32)) {}

void PixelMap::add(std::int64_t neighbour, std::int64_t pixel, std::int64_t row, std::int64_t column, double weight) {
  const bool is_inside = row >= 0 && row < height_ && column >= 0 && column < width_;
  if (!is_inside) {
    outside_.mutable_data_ptr<float>()[pixel] += static_cast<float>(weight);
    return;
  }
  const std::int64_t place = neighbour * height_ * width_ + pixel;
  from_.mutable_data_ptr<std::int64_t>()[place] = row * width_ + column;
  weight_.mutable_data_ptr<float>()[place] = static_cast<float>(weight);
}

PixelMap PixelMap::shift(std::int64_t height, std::int64_t width, std::int64_t down, std::int64_t right) {
  PixelMap map(height, width, 1);
  for (std::int64_t pixel = 0; pixel < height * width; ++pixel) {
    map.add(0, pixel, pixel / width - down, pixel % width - right, 1);
  }
  return map;
}

PixelMap PixelMap::rotation(std::int64_t height, std::int64_t width, double degrees) {
  PixelMap map(height, width, 4);
  const double angle = degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double middle_row = static_cast<double>(height - 1) / 2, middle_column = static_cast<double>(width - 1) / 2;
  for (std::int64_t pixel = 0; pixel < height * width; ++pixel) {
    const double down = static_cast<double>(pixel / width) - middle_row;
    const double right = static_cast<double>(pixel % width) - middle_column;
    // Where the turned pixel was before.
    const double row = middle_row + cosine * down + sine * right;
    const double column = middle_column - sine * down + cosine * right;
    const double first_row = std::floor(row), first_column = std::floor(column);
    for (std::int64_t neighbour = 0; neighbour < 4; ++neighbour) {
      const std::int64_t lower = neighbour / 2, farther = neighbour % 2;
      const double along_rows = lower == 1 ? row - first_row : 1 - (row - first_row);
      const double along_columns = farther == 1 ? column - first_column : 1 - (column - first_column);
      map.add(neighbour, pixel, static_cast<std::int64_t>(first_row) + lower,
              static_cast<std::int64_t>(first_column) + farther, along_rows * along_columns);
    }
  }
  return map;
}

Tensor PixelMap::apply(const Tensor& images, double outside) const {
  const Tensor planes = images.unflatten(1, {-1, height_ * width_});  // [n, C, pixels]
  const Tensor from = from_.to(images.device()), weight = weight_.to(images.options());
  Tensor moved = (outside_.to(images.options()) * outside).expand_as(planes).clone();
  for (std::int64_t k = 0; k < from.size(0); ++k) moved.add_(planes.index_select(2, from[k]).mul_(weight[k]));
  return moved.flatten(1);
}

}  // namespace eigensweep::attacks
