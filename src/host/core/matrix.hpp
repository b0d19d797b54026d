#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "arete/core/buffer.hpp"
#include "arete/core/checked.hpp"

namespace arete {

/// A dense row-major matrix that owns its elements; uninitialised unless a value is given.
template <typename T>
class Matrix {
 public:
  Matrix() = default;
  /// Throws Error: (input) when rows x columns is no size_t, (resource) when there is no memory.
  Matrix(std::size_t rows, std::size_t columns)
      : elements_(checked_multiply(rows, columns, "matrix")), rows_(rows), columns_(columns) {}
  Matrix(std::size_t rows, std::size_t columns, T value) : Matrix(rows, columns) {
    std::fill(elements_.begin(), elements_.end(), value);
  }

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
  [[nodiscard]] T* data() noexcept { return elements_.data(); }
  [[nodiscard]] const T* data() const noexcept { return elements_.data(); }
  [[nodiscard]] T& operator()(std::size_t i, std::size_t j) noexcept {
    return elements_[i * columns_ + j];
  }
  [[nodiscard]] const T& operator()(std::size_t i, std::size_t j) const noexcept {
    return elements_[i * columns_ + j];
  }
  [[nodiscard]] std::span<T> row(std::size_t i) noexcept {
    return {data() + i * columns_, columns_};
  }
  [[nodiscard]] std::span<const T> row(std::size_t i) const noexcept {
    return {data() + i * columns_, columns_};
  }
  [[nodiscard]] std::span<T> span() noexcept { return elements_.span(); }
  [[nodiscard]] std::span<const T> span() const noexcept { return elements_.span(); }

  /// A deep copy; copies of d x d matrices are too expensive to happen unasked.
  [[nodiscard]] Matrix clone() const {
    Matrix copy(rows_, columns_);
    std::copy(elements_.begin(), elements_.end(), copy.elements_.begin());
    return copy;
  }

 private:
  Buffer<T> elements_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace arete
