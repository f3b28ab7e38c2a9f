"""What the operations say when they are given what they cannot take.

The texts are torch's where torch has one for the case; errors.py says how the table is read, and
has the texts of tensors and the engine.
"""

from __future__ import annotations

import numpy as np

from ..errors import Refusal


class LinAlgError(RuntimeError):
    """torch's error for a matrix that has no inverse."""


LinAlgError.__name__ = "_LinAlgError"  # as torch prints it


# fmt: off

# --- arguments -----------------------------------------------------------------------------------

must_be_tensor = Refusal(
    "{function}(): argument '{argument}' (position {position}) must be Tensor, not {type}",
    "minigrad.tensor makes a tensor of numbers.", TypeError)
operand_type = Refusal(
    "{function}(): argument 'other' (position {position}) must be Tensor, not {type}",
    "Only tensors and numbers can be computed with.", TypeError)
where_condition = Refusal(
    "where expected condition to be a boolean tensor, but got a tensor with dtype {kind}",
    "A comparison such as x > 0 makes one.")
list_element = Refusal("expected Tensor as element {i} in argument {argument}, but got {type}",
    "The list holds tensors.", TypeError)
needs_floats = Refusal("{name} floating point and complex dtypes, but got {kind}",
    "Convert the tensor first, for example with .float().")
spread_type = Refusal("{name} only support floating point and complex dtypes",
    "Convert the tensor first, for example with .float().")
norm_type = Refusal(
    "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {kind}",
    "Convert the tensor first, for example with .float().")
no_derivative = Refusal("derivative for aten::{name} is not implemented",
    "torch has none either: leave this step out of what is differentiated, or detach() it.")
zero_division = Refusal("ZeroDivisionError",
    "Among integers there is no infinity: divide with /, or convert with .float().")
bool_minus = Refusal(
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
    "invert a mask, use the `~` or `logical_not()` operator instead.",
    "True and False are no numbers here; .long() makes them 1 and 0.")
same_dtype = Refusal("{text}", "Convert one of the two first, for example with .float().")
no_bits = Refusal("\"{name}_cpu\" not implemented for '{dtype._torch_class}'",
    "Bits are those of bool or integer tensors.", NotImplementedError)
no_bits_to_invert = Refusal(
    "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
    "Bits are those of bool or integer tensors; -x has the opposite sign.", TypeError)
rounding_mode = Refusal(
    "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {mode!r}",
    "None divides exactly, 'floor' rounds down, 'trunc' cuts the fraction off.")
negative_tolerance = Refusal("{name} must be greater than or equal to zero, but got {value}",
    "A tolerance is a distance.")
negative_order = Refusal("order must be non-negative but got {n}", "0 changes nothing.")
no_bounds = Refusal("torch.clamp: At least one of 'min' or 'max' must not be None",
    "A bound that is None does not bound: give one of the two.")
close_types = Refusal("{first} did not match {second}",
    "Convert one of the two first, for example with .float().")
relu_of_bools = Refusal("Boolean inputs not supported for relu",
    "True and False are no numbers here; .float() makes them 1.0 and 0.0.")
argument_of_bools = Refusal("{name}(): does not support bool input",
    "True and False are no numbers here; .long() makes them 1 and 0.")
topk_of_bools = Refusal("topk does not support bool dtypes on CPU",
    "True and False are no numbers here; .long() makes them 1 and 0.")
bool_plus = Refusal("The `+` operator, on a bool tensor is not supported.",
    "True and False are no numbers here; .long() makes them 1 and 0.")
no_kernel = Refusal("\"{kernel}\" not implemented for '{type}'",
    "Convert the tensor first, for example with .float().", NotImplementedError)
alpha_type = Refusal(
    "For integral input tensors, argument alpha must not be a floating point number.",
    "Convert one of the two first, for example with .float().")
conversion = Refusal("to() takes a dtype, a device or a tensor, but got {type}",
    "For example x.to(minigrad.float64), x.to('cuda'), x.to(other).", TypeError)

# --- dimensions ----------------------------------------------------------------------------------

few_dims = Refusal("{text}", "unsqueeze adds a dimension.")
repeated_dim = Refusal("dim {dim} appears multiple times in the list of dims",
    "Name each dimension once.")
same_dims = Refusal("{name}: dimensions cannot be identical {dim1}, {dim2}",
    "A plane has two dimensions.")
movedim = Refusal(
    "movedim: Invalid source or destination dims: source ({source} dims) should contain the same "
    "number of dims as destination ({destination} dims), each once",
    "Each dimension that moves needs one place to go to.")
permutation = Refusal(
    "permute(sparse_coo): number of dimensions in the tensor input does not match the length of "
    "the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = "
    "{dims}",
    "Name each dimension once.")
permuted_twice = Refusal("permute(): duplicate dims are not allowed.", "Name each dimension once.")
flatten_order = Refusal("flatten() has invalid args: start_dim cannot come after end_dim",
    "Name the earlier dimension first.")
unflatten = Refusal(
    "unflatten: Provided sizes {sizes} don't multiply up to the size of dim {dim} ({size}) in the "
    "input tensor",
    "The product of the new lengths is the old length.")
only_one_inferred = Refusal("only one dimension can be inferred",
    "Write -1 for at most one dimension.")
view_needs_copy = Refusal(
    "view size is not compatible with input tensor's size and stride (at least one dimension "
    "spans across two contiguous subspaces). Use .reshape(...) instead.",
    "reshape copies where it must.")
t_of_stack = Refusal("t() expects a tensor with <= 2 dimensions, but self is {ndim}D",
    "mT turns each matrix of a stack.")
mt_of_vector = Refusal(
    "tensor.mT is only supported on matrices or batches of matrices. Got {ndim}-D tensor.",
    "unsqueeze makes a vector a matrix of one row or column.")
stretch = Refusal(
    "The expanded size of the tensor ({length}) must match the existing size ({own}) at "
    "non-singleton dimension {dim}.  Target sizes: {size}.  Tensor sizes: {shape}",
    "Only a dimension of length 1 can be stretched.")
_expand_dims = Refusal(
    "expand({type}{{{shape}}}, size={size}): the number of sizes provided ({given}) must be "
    "greater or equal to the number of dimensions in the tensor ({ndim})",
    "Dimensions are removed by an index, sum or squeeze.")
unfold_step = Refusal("step is {step} but must be > 0", "Windows move forward.")
unfold = Refusal("maximum size for tensor at dimension {dim} is {longest} but size is {size}",
    "A window cannot be longer than what it shows.")
roll = Refusal("shifts and dimensions must align. shifts: {shifts}, dims:{dims}",
    "Each dimension needs its own shift.")
no_shifts = Refusal("`shifts` required", "Say how many places the elements move.")
negative_repeats = Refusal("Trying to create tensor with negative dimension: {repeats}",
    "Count the copies.")
few_repeats = Refusal(
    "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
    "tile fills in the missing ones.")
repeat_lengths = Refusal("{text}", "Count the copies of each element.")
needs_matrix = Refusal("trace: expected a matrix, but got tensor with dim {ndim}",
    "diag makes a matrix of a vector.")
needs_two_dims = Refusal("{name}: input tensor must have at least 2 dimensions",
    "diag makes a matrix of a vector.")
diag = Refusal("diag(): Supports 1D or 2D tensors. Got {ndim}D",
    "diagonal takes the diagonals of many matrices.")

# --- indices -------------------------------------------------------------------------------------

text_as_index = Refusal("new(): invalid data type 'str'", "An index is a number.", TypeError)
_not_an_index = Refusal(
    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
    "indices (got {type})",
    "An index is a whole number; int(x) makes one.", IndexError)
index_kind = Refusal("tensors used as indices must be long, int, byte or bool tensors",
    "Convert the indices first, with .long().", IndexError)
index_bounds = Refusal("index {index} is out of bounds for dimension {dim} with size {size}",
    "Indices here count from 0 to the size less one.", IndexError)
mask_shape = Refusal(
    "The shape of the mask {mask} at index {d} does not match the shape of the indexed tensor "
    "{shape} at index {axis}",
    "A mask says yes or no to each element along its dimensions.", IndexError)
_index_shapes = Refusal(
    "shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}",
    "Several lists of indices are read side by side, so they need one length.", IndexError)
index_of_number = Refusal(
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ "
    "to convert a 0-dim tensor to a number",
    "A number has no parts.", IndexError)
too_many_indices = Refusal("too many indices for tensor of dimension {ndim}",
    "Each index reads one dimension.", IndexError)
backwards = Refusal("step must be greater than zero",
    "x.flip(0) turns the order around.", ValueError)
put_shape = Refusal(
    "shape mismatch: value tensor of shape {value} cannot be broadcast to indexing result of "
    "shape {place}",
    "Give one value for each place, or a single one for all.")
select_of_number = Refusal("select() cannot be applied to a 0-dim tensor.",
    "Use item().", IndexError)
select_bounds = Refusal(
    "select(): index {index} out of range for tensor of size {shape} at dimension {dim}",
    "Indices count from 0, or from the end with -1.", IndexError)
narrow_of_number = Refusal("narrow() cannot be applied to a 0-dim tensor.",
    "A number has no parts.")
narrow_index = Refusal("start must be an 0-dim integral Tensor.", "A part starts at one index.")
narrow_start = Refusal(
    "Dimension out of range (expected to be in range of [-{n}, {n}], but got {start})",
    "The start lies within the dimension.", IndexError)
negative_narrow = Refusal("narrow(): length must be non-negative.",
    "The part must lie within the dimension.")
narrow_length = Refusal("start ({start}) + length ({length}) exceeds dimension size ({n}).",
    "The part must lie within the dimension.")
part_shape = Refusal(
    "expected src to have a size equal to the slice of self. src size = {got}, slice size = "
    "{expected}",
    "What is written has the shape of the part that it replaces.")

# --- counting ------------------------------------------------------------------------------------

no_counts = Refusal("bincount only supports 1-d non-negative integral inputs.",
    "Each element is a place in the result: 0, 1, 2 and so on.")
negative_minlength = Refusal("minlength should be >= 0", "A length is 0 or more.")
count_weights = Refusal("weights should be 1-d and have the same length as input",
    "Each element has its own weight.")

# --- gather and scatter --------------------------------------------------------------------------

gather_bounds = Refusal("index {index} is out of bounds for dimension {dim} with size {size}",
    "Indices here count from 0 to the size less one.")
copy_bounds = Refusal(
    "index_copy_(): index {index} is out of bounds for dimension {dim} with size {size}",
    "Indices count from 0 to the size less one.", IndexError)
row_bounds = Refusal("index out of range in self",
    "Indices here count from 0 to the size less one.", IndexError)
take_bounds = Refusal(
    "out of range: tried to access index {index} on a tensor of {size} elements.",
    "Indices count from 0, or from the end with -1.", IndexError)
index_type = Refusal("{name}(): Expected dtype int32{mark}int64 for index",
    "Indices are integers: convert them with .long().")
index_dims = Refusal("Index tensor must have the same number of dimensions as {role} tensor",
    "{name} reads one element for each element of the index.")
vector_index = Refusal("{name}(): Index is supposed to be a vector",
    "Give the indices as one list.", IndexError)
index_count = Refusal(
    "{name}_(): Number of indices ({count}) should be equal to source.size(dim): ({n}), for dim: "
    "{dim}",
    "Each index takes one slice of the source.")
source_shape = Refusal(
    "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
    "self.shape = {own} source.shape = {source}",
    "Each index takes one slice of the source.")
scatter_shape = Refusal(
    "Expected index {index} to be no larger than self {own} apart from dimension {dim} and to be "
    "no larger size than src {src}",
    "Each element of the index needs a place to write to and a number to write.")
scatter_reduce = Refusal("reduce argument must be either add or multiply.",
    "Without reduce the old numbers are written over.")
scalar_value = Refusal(
    "{name} only supports a 0-dimensional value tensor, but got tensor with {ndim} dimension(s).",
    "One value goes everywhere; for several write minigrad.where.")
select_mask = Refusal("masked_select: expected BoolTensor for mask",
    "A comparison such as x > 0 makes one.")
mask_type = Refusal("{name} only supports boolean masks", "A comparison such as x > 0 makes one.")
too_few = Refusal(
    "{name}: expected number of elements in the source to be at least the number of true elements "
    "of the mask",
    "Each true element of the mask takes one number.")

# --- joining and splitting -----------------------------------------------------------------------

no_list = Refusal(
    "{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type}",
    "Put the tensors into a list: minigrad.{name}([x, y]).", TypeError)
nothing_to_cat = Refusal("minigrad.cat(): expected a non-empty list of Tensors",
    "There is no shape to give to nothing.", ValueError)
no_tensors = Refusal("{name} expects a non-empty TensorList",
    "There is no shape to give to nothing.")
cat_scalar = Refusal("zero-dimensional tensor (at position 0) cannot be concatenated",
    "stack joins numbers.")
cat_dims = Refusal("Tensors must have same number of dimensions: got {expected} and {got}",
    "unsqueeze adds a dimension.")
cat_shapes = Refusal(
    "Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size "
    "{got} for tensor number {index} in the list.",
    "Only the dimension along which they are joined may differ.")
stack_shapes = Refusal(
    "stack expects each tensor to be equal size, but got {first} at entry 0 and {other} at entry "
    "{index}",
    "cat joins tensors of different lengths.")
split_scalar = Refusal("{name} expects at least a 1-dimensional tensor", "A number has no parts.")
unbind_scalar = Refusal("Dimension specified as 0 but tensor has no dimensions",
    "A number has no parts.", IndexError)
negative_split = Refusal("split expects split_size be non-negative, but got split_size={size}",
    "The parts need a length.")
empty_split = Refusal(
    "split_size can only be 0 if dimension size is 0, but got dimension size of {n}",
    "The parts need a length.")
split_sizes = Refusal(
    "split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension "
    "{dim}), but got split_sizes={sizes}",
    "Every element belongs to one part.")
no_chunks = Refusal("{text}, got: {chunks}", "At least one part is needed.")

# --- reductions ----------------------------------------------------------------------------------

keepdim_alone = Refusal(
    "{name}() received an invalid combination of arguments - got (keepdim=bool, ), but expected "
    "one of:\n * (*, minigrad.dtype dtype = None)\n * (tuple of ints dim, bool keepdim = False, *, "
    "minigrad.dtype dtype = None)\n",
    "keepdim keeps the dimension that dim names: x.sum(dim=0, keepdim=True).", TypeError)
no_largest = Refusal(
    "{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
    "reduction dim with the 'dim' argument.",
    "There is no largest or smallest among no elements.")
no_largest_along = Refusal("{name}(): Expected reduction dim {dim} to have non-zero size.",
    "There is no largest or smallest among no elements.", IndexError)
no_extremes = Refusal(
    "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
    "There is no largest or smallest among no elements.")
topk_range = Refusal("selected index k out of range",
    "There are only as many as the dimension has elements.")
kth_range = Refusal("kthvalue(): selected number k out of range for dimension {dim}",
    "There are only as many as the dimension has elements.")

# --- draws ---------------------------------------------------------------------------------------

multinomial_type = Refusal(
    "multinomial only supports floating-point dtypes for input, got: {kind}",
    "Convert the weights first, with .float().")
multinomial_dims = Refusal("prob_dist must be 1 or 2 dim",
    "Each row of weights is one distribution.")
no_samples = Refusal("cannot sample n_sample <= 0 samples", "Draw at least one.")
too_many_samples = Refusal(
    "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
    "With replacement=True an index can be drawn again.")
no_weights = Refusal("probability tensor contains either `inf`, `nan` or element < 0",
    "Weights are 0 or more; softmax makes some of any numbers.")
only_zeros = Refusal("invalid multinomial distribution (sum of probabilities <= 0)",
    "At least one weight in each row is more than 0.")

# --- linear algebra ------------------------------------------------------------------------------

matmul_scalar = Refusal(
    "both arguments to matmul need to be at least 1D, but they are {a}D and {b}D",
    "A number is multiplied with *.")
needs_vector = Refusal("outer: Expected 1-D argument {name}, but got {ndim}-D",
    "reshape(-1) makes a vector.")
needs_vectors = Refusal("1D tensors expected, but got {a}D and {b}D tensors",
    "Matrices are multiplied with @.")
factor_dims = Refusal("{name} must be {wanted}", "matmul takes tensors of any dimensions.")
matrix_and_vector = Refusal("vector + matrix @ vector expected, got 1, {mat}, {vec}",
    "matmul takes tensors of any dimensions.")
no_matrix = Refusal("{name} must be a matrix, got {ndim}-D tensor",
    "Stacks of matrices are multiplied with @ or baddbmm.")
no_vector = Refusal("addr: Expected 1-D argument {name}, but got {ndim}-D",
    "reshape(-1) makes a vector.")
no_matrix_and_vector = Refusal("vector + matrix @ vector expected, got {x}, {mat}, {vec}",
    "The numbers count the dimensions; wanted are 1, 2, 1.")
factor_types = Refusal("mat1 and mat2 must have the same dtype, but got {mat1} and {mat2}",
    "Convert the input first, for example with .float().")
sum_types = Refusal("self and mat2 must have the same dtype, but got {self} and {mat2}",
    "Weight and bias of a layer are of one type: layer.double() converts both.")
addmv_types = Refusal(
    "addmv input tensors must have the same dtype, but got {x}, {mat}, and {vec}",
    "Convert first, for example with .float().")
stack_types = Refusal(
    "Input dtypes must be the same, got: input {input}, batch1: {batch1}, batch2: {batch2}",
    "Convert first, for example with .float().")
inner_shapes = Refusal(
    "inner() the last dimension must match on both input tensors but got shapes {a} and {b}",
    "The sums run along the last dimension of both.")
tensordot_dims = Refusal(
    "tensordot expects dims >= 0 and no more than both tensors have, but got dims={dims}",
    "That many dimensions are summed over.")
_contraction = Refusal(
    "contracted dimensions need to match, but first has sizes {a} and second has sizes {b}",
    "Dimensions that are summed over together have one length.")
multi_dot = Refusal("multi_dot(): expected at least 2 tensors but got {count}",
    "A product has factors.")
needs_matrices = Refusal("{name}: The input tensor {argument} must have at least 2 dimensions.",
    "A matrix has rows and columns.")
matrix_type = Refusal(
    "{name}: Expected a floating point or complex tensor as input. Got {kind}",
    "Convert the tensor first, for example with .float().")
needs_square = Refusal(
    "{name}: A must be batches of square matrices, but they are {shape[0]} by {shape[1]} matrices",
    "Only a square matrix has one.")
_singular = Refusal(
    "linalg.inv: {where}The diagonal element {k} is zero, the inversion could not be completed "
    "because the input matrix is singular.",
    "Its columns are not independent.", LinAlgError)
_unsolvable = Refusal(
    "minigrad.linalg.solve: {where}The solver failed because the input matrix is singular.",
    "Its columns are not independent.", LinAlgError)
solve_types = Refusal(
    "linalg.solve: Expected A and B to have the same dtype, but found A of type {A} and B of type "
    "{B} instead",
    "Convert one of the two first, for example with .float().")
solve_shapes = Refusal(
    "linalg.solve: Incompatible shapes of A and B for the equation {side} = B ({A} and {B})",
    "B has as many rows as A; with left=False as many columns.")
matrix_norm = Refusal("linalg.matrix_norm: Order {ord} not supported by minigrad",
    "There are 'fro', 1, -1, inf and -inf; the others need a differentiable svd.")
norm_dims = Refusal(
    "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {ndim}D.",
    "Name the dimensions with dim.")
einsum_equation = Refusal(
    "einsum(): argument 'equation' (position 1) must be str, not {type}",
    "It is written as in einsum('ij,jk->ik', a, b).", TypeError)
einsum = Refusal("einsum(): {text}", "One letter for each dimension, as in 'ij,jk->ik'.")

# --- activations and layers ----------------------------------------------------------------------

celu = Refusal("ZeroDivisionError: alpha cannot be 0 for CELU", "alpha is a width.")
gelu = Refusal("approximate argument must be either none or tanh.", "'none' is exact.")
glu_scalar = Refusal("glu does not support 0-dimensional tensors", "It needs two halves.")
glu_odd = Refusal("Halving dimension must be even, but dimension {dim} is size {size}",
    "It needs two equal halves.")
hardtanh = Refusal("min_val cannot be greater than max_val",
    "The smaller number comes first.", ValueError)
softshrink = Refusal("lambda must be greater or equal to 0, but found to be {lambd}.",
    "lambd is a width.")
prelu = Refusal(
    "Mismatch of parameter numbers and input channel size. Found parameter numbers = {weights} "
    "and channel size = {channels}.",
    "One slope, or one for each channel.")
dropout = Refusal("dropout probability has to be between 0 and 1, but got {p}",
    "p is the share of the numbers that become zero.", ValueError)
_layer_norm_shape = Refusal(
    "Given normalized_shape={normalized}, expected input with shape [*, {sizes}], but got input "
    "of size{shape}",
    "normalized_shape is the end of the input's shape.")
layer_norm_part = Refusal(
    "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {shape} and "
    "normalized_shape = {normalized}",
    "One number for each element that is normalised.")
embedding_weight = Refusal("'weight' must be 2-D", "It holds one row for each entry.")
embedding_index = Refusal(
    "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
    "Int; but got minigrad.{dtype._torch_class}Tensor instead (while checking arguments for "
    "embedding)",
    "Rows are named by integers.")
embedding_bounds = Refusal("index out of range in self",
    "Rows count from 0 to num_embeddings - 1.", IndexError)
padding_index = Refusal("Padding_idx must be within num_embeddings",
    "Rows count from 0 to num_embeddings - 1.", AssertionError)
one_hot_type = Refusal("one_hot is only applicable to index tensor of type LongTensor.",
    "Convert the tensor first with .long().")
one_hot_empty = Refusal("Can not infer total number of classes from empty tensor.",
    "Say num_classes.")
one_hot_range = Refusal("{text}", "Classes count from 0 to num_classes - 1.")
odd_pad = Refusal("Padding length must be divisible by 2",
    "One pair (before, after) for each dimension, the last one first.")
long_pad = Refusal(
    "Padding length should be less than or equal to two times the input dimension but got padding "
    "length {length} and input of dimension {ndim}",
    "One pair (before, after) for each dimension, the last one first.")

# --- losses --------------------------------------------------------------------------------------

reduction = Refusal("{name} is not a valid value for reduction",
    "It is 'none', 'mean' or 'sum'.", ValueError)
weight_size = Refusal("Weights and input must have the same size.",
    "One weight for each element.", ValueError)
negative_beta = Refusal("smooth_l1_loss does not support negative values for beta.",
    "beta is a width.")
huber_delta = Refusal("huber_loss does not support non-positive values for delta.",
    "delta is a width.")
bce_sizes = Refusal(
    "Using a target size (minigrad.Size({target})) that is different to the input size "
    "(minigrad.Size({input})) is deprecated. Please ensure they have the same size.",
    "One target for each prediction.", ValueError)
bce_logits_sizes = Refusal(
    "Target size (minigrad.Size({target})) must be the same as input size (minigrad.Size({input}))",
    "One target for each prediction.", ValueError)
not_probabilities = Refusal("all elements of {which} should be between 0 and 1",
    "binary_cross_entropy_with_logits takes any numbers for the input.")
class_type = Refusal("expected target dtype to be Long or Byte, but got {dtype._torch_class}",
    "Classes are integers; probabilities have the shape of the input.")
class_bounds = Refusal("Target {target} is out of bounds.",
    "Classes count from 0 to one less than the input has.", IndexError)
nll_dims = Refusal("input tensor should be 1D or 2D", "The classes need a dimension.")
nll_single = Refusal("For 1D input, 1D target must have size 1, but got target size: {size}",
    "Classes lie along dimension 1 of the input; the target has the others.", ValueError)
nll_batch = Refusal("Expected input batch_size ({input}) to match target batch_size ({target}).",
    "Classes lie along dimension 1 of the input; the target has the others.", ValueError)
nll_targets = Refusal("0D or 1D target tensor expected, multi-target not supported",
    "Classes lie along dimension 1 of the input; the target has the others.")
_nll_sizes = Refusal("Expected target size {expected}, got {target}",
    "Classes lie along dimension 1 of the input; the target has the others.")
nll_weight = Refusal(
    "weight tensor should be defined either for all {classes} classes or no classes but got "
    "weight tensor of shape: {shape}",
    "One weight for each class.")
label_smoothing = Refusal("label_smoothing must be between 0.0 and 1.0. Got: {value:g}",
    "It is the share that all classes get alike.")
found_type = Refusal("Found dtype {target} but expected {input}",
    "Convert the target first, for example with .float().")
no_common_float = Refusal("expected common dtype to be floating point, yet common dtype is {kind}",
    "Convert one of the two first, for example with .float().")
ranking_dims = Refusal(
    "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
    "{input1}, input2: {input2}, target: {target} ",
    "One target for each pair.")

# fmt: on


# --- texts that must be computed ------------------------------------------------------------------


def not_an_index(key) -> Exception:
    """Something in brackets that is no index."""
    text = isinstance(key, str) or (isinstance(key, list) and any(isinstance(k, str) for k in key))
    return text_as_index() if text else _not_an_index(type(key).__name__)


def index_shapes(shapes) -> Exception:
    """Index tensors that do not stretch to one shape."""
    return _index_shapes(", ".join(str(list(shape)) for shape in shapes))


def expand_dims(tensor, size) -> Exception:
    """Fewer sizes than dimensions."""
    return _expand_dims(tensor.type(), tensor.shape, tuple(size), len(size), tensor.ndim)


def contraction(a, b, ours, theirs) -> Exception:
    """Two shapes whose dimensions `ours` and `theirs` are summed over together."""
    return _contraction([a[d] for d in ours], [b[d] for d in theirs])


def layer_norm_shape(normalized, shape) -> Exception:
    """An input whose last dimensions are not those that are normalised."""
    return _layer_norm_shape(normalized, str(list(normalized))[1:-1], shape)


def nll_sizes(input, target) -> Exception:
    """A target that does not name one class for each place of the input."""
    if len(input) == 1:
        return nll_single(target[0] if len(target) == 1 else target)
    if input[0] != target[0]:
        return nll_batch(input[0], target[0])
    return nll_targets() if len(input) == 2 else _nll_sizes([input[0], *input[2:]], target)


def singular(array) -> Exception:
    """A matrix, or one of a stack, that has no inverse."""
    where, k = _zero_pivot(array)
    return _singular(where, k)


def unsolvable(array) -> Exception:
    """A system of equations that has no solution, or many."""
    return _unsolvable(_zero_pivot(array)[0])


def _zero_pivot(array) -> tuple[str, int]:
    """The first singular matrix of a stack, in words, and where its elimination meets a zero."""
    for i, matrix in enumerate(np.array(array).reshape(-1, *array.shape[-2:])):
        for k in range(len(matrix)):
            top = k + np.abs(matrix[k:, k]).argmax()
            if not matrix[top, k]:
                return (f"(Batch element {i}): " if array.ndim > 2 else ""), k + 1
            matrix[[k, top]] = matrix[[top, k]]
            matrix[k + 1 :] -= np.outer(matrix[k + 1 :, k] / matrix[k, k], matrix[k])
    return "", array.shape[-1]
