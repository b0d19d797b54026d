#pragma once

#include <cstddef>

#include "device/score/kernels.hpp"

namespace arete::device {

/// The least power of two by which weights of magnitude `largest` at most can be divided to be
/// split into `digits` digits (SplitDigits). 1 for weights that are all zero.
[[nodiscard]] double digit_scale(double largest, int digits);

/// How far a score by digits, and one in float64, may be off together, for one class: by the
/// weights that were rounded to multiples of `scale`, scale / 2 |x'|_1; by sums in float64 of d
/// terms, as by the customary bound (Higham, Accuracy and Stability of Numerical Algorithms,
/// section 3.1). So where the margin exceeds the bounds of both classes, float64 chooses the same
/// class. `largest` is the magnitude of the largest weight, `shift` what was subtracted from x.
[[nodiscard]] ErrorBound digit_bound(double scale, double largest, double intercept,
                                     std::size_t features, int shift);

}  // namespace arete::device
