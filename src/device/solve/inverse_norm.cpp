#include "device/solve/inverse_norm.hpp"

#include <lapack.h>

#include <type_traits>

#include "arete/core/blas.hpp"

namespace arete::device {

static_assert(std::is_same_v<lapack_int, std::int32_t>);

InverseNorm::InverseNorm(std::size_t n) : v_(n), x_(n), signs_(n) {}

bool InverseNorm::advance() {
  const SingleThreadBlas guard;
  const auto n = static_cast<lapack_int>(x_.size());
  LAPACK_dlacn2(&n, v_.data(), x_.data(), signs_.data(), &estimate_, &step_, state_.data());
  return step_ != 0;
}

double reciprocal_condition(const InverseNorm& inverse, double norm) noexcept {
  const double estimate = inverse.estimate();
  return estimate == 0 || norm == 0 ? 0 : 1 / estimate / norm;
}

}  // namespace arete::device
