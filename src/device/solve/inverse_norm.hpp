#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace arete::device {

/// LAPACK's estimate (dlacn2) of |A^-1|_1 for a symmetric A, by reverse communication: it asks for
/// products with A^-1, which whoever has a factor of A computes wherever that lies. dpocon makes
/// the same estimate.
class InverseNorm {
 public:
  explicit InverseNorm(std::size_t n);

  /// Goes on; true when vector() is to be replaced by A^-1 vector() before the next call, false
  /// when estimate() is final.
  [[nodiscard]] bool advance();
  [[nodiscard]] std::span<double> vector() noexcept { return x_; }
  [[nodiscard]] double estimate() const noexcept { return estimate_; }

 private:
  std::vector<double> v_;
  std::vector<double> x_;
  std::vector<std::int32_t> signs_;
  std::array<std::int32_t, 3> state_{};
  std::int32_t step_ = 0;
  double estimate_ = 0;
};

/// 1 / (norm |A^-1|_1) as dpocon has it.
[[nodiscard]] double reciprocal_condition(const InverseNorm& inverse, double norm) noexcept;

}  // namespace arete::device
