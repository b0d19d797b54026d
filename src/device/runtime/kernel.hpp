#pragma once

#include <variant>

#include "device/moments/kernels.hpp"
#include "device/score/kernels.hpp"
#include "device/solve/kernels.hpp"

namespace arete::device {

/// Every kernel whose elements are computed one by one.
using Kernel = std::variant<GatherPanel, ClearRows, AddClassStrip, AddStrip, GatherFloat64,
                            CopyRows, AddClassSums, AddUpper, CopyBlock, SumClasses, CopyDiagonal,
                            CentreGram, CentreTargets, AddToDiagonal, DivideColumns, ChooseClass,
                            SplitDigits, GatherBytes, DecideByDigits, MarkUndecided>;

}  // namespace arete::device
