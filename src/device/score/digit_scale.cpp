#include "device/score/digit_scale.hpp"

#include <cmath>
#include <limits>

namespace arete::device {

double digit_scale(double largest, int digits) {
  if (!(largest > 0)) return 1;
  const double range = std::ldexp(126.0, 8 * (digits - 1));
  int exponent = 0;
  std::frexp(largest / range, &exponent);  // largest / range < 2^exponent
  return std::ldexp(1.0, exponent);
}

ErrorBound digit_bound(double scale, double largest, double intercept, std::size_t features,
                       int shift) {
  const auto d = static_cast<double>(features);
  const double rounding = (d + 8) * std::numeric_limits<double>::epsilon();
  ErrorBound bound;
  bound.factor = scale / 2 + 2 * rounding * (largest + scale);
  bound.fixed = 2 * rounding * (2 * largest * shift * d + std::abs(intercept));
  return bound;
}

}  // namespace arete::device
