"""torch's error texts, each with one sentence of advice attached as a note of the exception.

    unused = Refusal("The differentiated Tensor at index {index} appears to not have been used ...",
        "Check that the output was computed from this very tensor and not from a copy of it.")

The texts are those of torch 2.13. `raise unused(1)` fills the {fields} in the order in which they
stand there. What must be computed for a text is computed in a function, below the table. The
operations have a table of their own, ops/refusals.py.
"""

from __future__ import annotations

import re


class Refusal:
    """What is said about one mistake: torch's text, our advice, the type of the exception."""

    __slots__ = ("advice", "kind", "text")

    def __init__(self, text: str, advice: str, kind: type[Exception] = RuntimeError):
        self.text = text
        self.advice = advice
        self.kind = kind

    def fields(self) -> list[str]:
        """The names of what differs from case to case, in the order in which they are given."""
        return list(dict.fromkeys(re.findall(r"{(\w+)", self.text + self.advice)))

    def __call__(self, *values: object) -> Exception:
        """The exception for one case; shapes are written as torch writes them, [2, 3]."""
        shown = [list(value) if isinstance(value, tuple) else value for value in values]
        case = dict(zip(self.fields(), shown, strict=True))
        return advised(self.kind, self.text.format(**case), self.advice.format(**case))


def advised(kind: type[Exception], text: str, advice: str) -> Exception:
    """An exception with a text and, as a note below it, one sentence of advice."""
    error = kind(text)
    error.add_note(advice)
    return error


# fmt: off

# --- backward ------------------------------------------------------------------------------------

freed = Refusal(
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you "
    "call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
    "through the graph a second time or if you need to access saved tensors after calling "
    "backward.",
    "Compute the output again before the next backward(); retain_graph=True is for two passes "
    "through one graph.")
_changed_in_place = Refusal(
    "one of the variables needed for gradient computation has been modified by an inplace "
    "operation: [minigrad.{kind}Tensor {shape}]{origin} is at version {version}; expected version "
    "{expected} instead. Hint: enable anomaly detection to find the operation that failed to "
    "compute its gradient, with minigrad.autograd.set_detect_anomaly(True, check_nan=False).",
    "The backward pass needs the old value: write `x = x + 1` in place of `x += 1`.")
not_scalar = Refusal(
    "grad can be implicitly created only for scalar outputs",
    "Reduce the output first, for example with .sum(), or pass the vector v of the product v^T J: "
    "backward(v).")
no_grad_anywhere = Refusal(
    "element {index} of tensors does not require grad and does not have a grad_fn",
    "Make one of the inputs with requires_grad=True, and compute the output outside no_grad.")
gradient_shape = Refusal(
    "Mismatch in shape: grad_output[{index}] has a shape of minigrad.Size({gradient}) and "
    "output[{index}] has a shape of minigrad.Size({output}).",
    "The vector that is sent back has the shape of the output.")
grad_count = Refusal("got {outputs} tensors and {gradients} gradients",
    "Give one gradient for each output, or None for an output of one element.")
grad_output_type = Refusal("gradients can be either Tensors or None, but got {type}",
    "Make it a tensor: minigrad.tensor([...]).", TypeError)
no_inputs = Refusal("`inputs` argument to `{function}()` cannot be empty.",
    "Give the tensors whose gradients are wanted; backward() without inputs takes all leaves.")
nothing_to_check = Refusal(
    "gradcheck expects at least one input tensor to require gradient, but none of them have "
    "requires_grad=True.",
    "Make the inputs with requires_grad=True and dtype=minigrad.float64.", ValueError)
overlapping_input = Refusal(
    "The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
    "non-overlapping to be able to compute the numerical gradients correctly. You should call "
    ".contiguous on the input before passing it to gradcheck.",
    "Elements that share one place in memory cannot be changed one by one.")
unused_not_allowed = Refusal(
    "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
    "allow_unused=False.",
    "Zeros can stand for what is missing only where something may be missing.", ValueError)
unused = Refusal(
    "The differentiated Tensor at index {index} appears to not have been used in the graph. Set "
    "allow_unused=True if this is the desired behavior.",
    "Check that the output was computed from this very tensor and not from a copy of it.")
input_without_grad = Refusal("One of the differentiated Tensors does not require grad",
    "Make the input with requires_grad=True before the output is computed.")

# --- the state of a tensor -----------------------------------------------------------------------

creation_needs_float = Refusal(
    "Only Tensors of floating point and complex dtype can require gradients",
    "Write the numbers as floats, for example 1.0 in place of 1.")
flag_needs_float = Refusal("only Tensors of floating point dtype can require gradients",
    "Convert the tensor first, for example with .float().")
flag_of_non_leaf = Refusal(
    "you can only change requires_grad flags of leaf variables. If you want to use a computed "
    "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
    "The flag belongs to leaves; detach() gives the values without the history.")
flag_no_bool = Refusal("requires_grad must be a bool", "Write x.requires_grad = True or False.")
flag_type = Refusal(
    "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {type}",
    "Write requires_grad_(True) or requires_grad_(False).", TypeError)
data_type = Refusal("Variable data has to be a tensor, but got {type}",
    "Make it a tensor: minigrad.tensor(...).", TypeError)
data_needs_float = Refusal(
    "data set to a tensor that requires gradients must be floating point or complex dtype",
    "Convert the numbers first, for example with .float().")
grad_size = Refusal(
    "attempting to assign a gradient of size '{new}' to a tensor of size '{own}'. Please ensure "
    "that the gradient and the tensor are the same size",
    "A gradient has the shape of its tensor.")
_grad_dtype = Refusal(
    "attempting to assign a gradient with dtype '{new}' to a tensor with grad_dtype '{own}'. The "
    "gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set "
    "the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
    "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break "
    "downstream systems that assume they match.",
    "Convert the gradient first, for example with .to(x.dtype).")
grad_type = Refusal("assigned grad expected to be a Tensor or None but got grad of type {type}",
    "To clear a gradient, assign None.", TypeError)
own_grad = Refusal("can't assign Variable as its own grad",
    "A gradient is a tensor of its own: x.detach().clone() makes one.")
retain_without_grad = Refusal("can't retain_grad on Tensor that has requires_grad=False",
    "Only a tensor with a history gets a gradient.")
hook_without_grad = Refusal("cannot register a hook on a tensor that doesn't require gradient",
    "Only a tensor with a history gets a gradient.")
hook_of_non_leaf = Refusal("post accumulate grad hooks cannot be registered on non-leaf tensors",
    "Only a leaf accumulates; use register_hook on a result.")
detach_view = Refusal(
    "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel "
    "(DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP "
    "buckets, and hence detach_() cannot be called on these gradients. To fix this error, please "
    "refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution.",
    "A view shares its history with its base.")
copy_of_result = Refusal(
    "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at "
    "the moment.  If you were attempting to deepcopy a module, this may be because of a "
    "torch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001",
    "Copy x.detach() instead.")
inference_saved = Refusal(
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
    "inference mode in computation tracked by autograd. To work around this, you can make a clone "
    "to get a normal tensor and use it in autograd, or use `minigrad.no_grad()` instead of "
    "`minigrad.inference_mode()`.",
    "no_grad keeps its results usable; inference_mode does not.")
inference_in_place = Refusal(
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone "
    "to get a normal tensor before doing inplace update.See "
    "https://github.com/pytorch/rfcs/pull/17 for more details.",
    "Write x = x.clone() first.")
inference_flag = Refusal(
    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.",
    "Write x = x.clone() first.")

# --- numbers out of a tensor ---------------------------------------------------------------------

numpy_needs_detach = Refusal(
    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
    "An array has no history; detach() says that you know it.")
numpy_of_gpu = Refusal(
    "can't convert {device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
    "host memory first.",
    "Write x.cpu().numpy().", TypeError)
_ambiguous_truth = Refusal("Boolean value of Tensor with {amount} is ambiguous",
    "Use .any() or .all() to say what is meant.")
not_one_element = Refusal("a Tensor with {elements} elements cannot be converted to Scalar",
    "Use .tolist() for all the numbers.")
not_one_number = Refusal("only one element tensors can be converted to Python scalars",
    "Use .tolist() for all the numbers.", ValueError)
not_an_index = Refusal("only integer tensors of a single element can be converted to an index",
    "Take one element of an integer tensor, or convert with .long() first.", TypeError)
contains_type = Refusal(
    "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type}.",
    "A tensor holds numbers only.")
no_deleting = Refusal("Tensor does not support deleting items",
    "Take the parts that stay, for example with a mask: x[keep].", TypeError)
no_dimension = Refusal("{what} a 0-d tensor",
    "It is a single number: .item() gives it to Python.", TypeError)
print_profile = Refusal("profile must be one of {names}, but got {profile!r}",
    "precision, threshold, edgeitems and linewidth can be set one by one, too.", ValueError)

# --- shapes and types ----------------------------------------------------------------------------

_broadcast = Refusal(
    "The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension "
    "{dim}",
    "Shapes are lined up at their ends; each pair must be equal, or one of the two must be 1.")
_several_devices = Refusal(
    "Expected all tensors to be on the same device, but found at least two devices, {a} and {b}!",
    "Move one of them: x.to(other.device).")
_operands = Refusal("{problem}", "Look at the shapes and the types of what is put together.")
mat_shapes = Refusal("mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})",
    "The columns of the first must be as many as the rows of the second.")
mat_vec_shapes = Refusal("size mismatch, got input ({elements}), mat ({a[0]}x{a[1]}), vec ({v[0]})",
    "The matrix needs as many columns as the vector has elements.")
batch_shapes = Refusal(
    "Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: "
    "[{b[0]}, {b[1]}].",
    "The columns of the first matrices must be as many as the rows of the second.")
dot_shapes = Refusal(
    "inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number "
    "of elements, but got {a[0]} and {b[0]} elements respectively",
    "A dot product needs two vectors of one length.")
_dot_types = Refusal("dot : expected both vectors to have same dtype, but found {a} and {b}",
    "Convert one of the two first, for example with .float().")
_addmv_types = Refusal(
    "addmv input tensors must have the same dtype, but got {vec}, {mat}, and {vec}",
    "Convert one of the two first, for example with .float().")
_mm_types = Refusal("expected m1 and m2 to have the same dtype, but got: {a} != {b}",
    "Convert one of the two first, for example with .float().")
bmm_types = Refusal("expected scalar type {a} but found {b}",
    "Convert one of the two first, for example with .float().")
mean_of_integers = Refusal(
    "mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
    "dtype. Got: {kind}",
    "Convert the tensor first, for example with .float().")
_dim_range = Refusal(
    "Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})",
    "Dimensions are counted from 0, or from the end with -1.", IndexError)
view_size = Refusal("shape '{shape}' is invalid for input of size {elements}",
    "The new shape must hold as many elements as the old one.")

# --- changes in place ----------------------------------------------------------------------------

leaf_in_place = Refusal(
    "a {view_of}leaf Variable that requires grad is being used in an in-place operation.",
    "To change a parameter, do it inside `with minigrad.no_grad():`.")
output_shape = Refusal("output with shape {own} doesn't match the broadcast shape {new}",
    "An in-place operation cannot change the shape.")
cast_in_place = Refusal("result type {result} can't be cast to the desired output type {own}",
    "An in-place operation cannot change the type: convert first, or write `x = x + y`.")
fill_value = Refusal(
    "fill_ only supports 0-dimension value tensor but got tensor with {ndim} dimensions.",
    "copy_ writes a tensor with dimensions.")
_assigned_type = Refusal("can't assign a {kind} to a {tensor}",
    "Make a tensor of it first: x[0] = minigrad.tensor(value).", TypeError)
_index_put_types = Refusal(
    "Index put requires the source and destination dtypes match, got {own} for the destination "
    "and {new} for the source.",
    "Convert the values first, for example with .to(x.dtype).")
_shared_elements = Refusal(
    "unsupported operation: {place} to a single memory location. Please clone() the tensor before "
    "performing the operation.",
    "clone() makes a copy with memory of its own.")

# --- custom Functions and saved tensors ----------------------------------------------------------

number_of_gradients = Refusal(
    "function {name} returned an incorrect number of gradients (expected {expected}, got {got})",
    "backward returns one gradient for each argument of forward, None for one without.")
gradient_of_no_tensor = Refusal(
    "function {name} returned a gradient different than None at position {position}, but the "
    "corresponding forward input was not a Variable",
    "Return None in the place of an argument that is not a tensor.")
gradient_type = Refusal("expected Variable or None (got {type})",
    "backward returns a tensor, or a tuple of tensors and None.")
invalid_gradient = Refusal(
    "Function {name} returned an invalid gradient at index {index} - got {got} but expected shape "
    "compatible with {shape}",
    "A gradient has the shape of the input that it belongs to.")
legacy_function = Refusal(
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style "
    "autograd function with static forward method. (Example: "
    "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
    "Call MyFunction.apply(...), without making an object of the class.")
keyword_only = Refusal("forward of a Function cannot have parameters that are keyword-only",
    "apply(...) hands the arguments on in their order.", TypeError)
backward_and_vjp = Refusal(
    "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
    "implement one of them.",
    "vjp is another name for backward.")
saved_no_tensor = Refusal(
    "save_for_backward can only save variables, but argument {index} is of type {type}",
    "Anything that is not a tensor is kept as an attribute: ctx.exponent = exponent.", TypeError)
dirty_not_returned = Refusal(
    "Some elements marked as dirty during the forward method were not returned as output. The "
    "inputs that are modified inplace must all be outputs of the Function.",
    "Return the very tensor that was given to ctx.mark_dirty.")
dirty_leaf = Refusal("a leaf Variable that requires grad has been used in an in-place operation.",
    "To change a parameter, do it inside `with minigrad.no_grad():`.")
dirty_view = Refusal(
    "If your Function modifies inplace an input that is a view of another Tensor, your Function "
    "cannot return more than one Tensor. This is not supported by the current autograd engine. "
    "You should either make sure the input is not a view (using .clone() for example) or make "
    "your Function only return one Tensor (potentially splitting it into two Functions: one doing "
    "the inplace that returns a single Tensor and a second one that does the other operations). "
    "You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change.",
    "Here the view must also be the first argument.")
differentiated_twice = Refusal(
    "trying to differentiate twice a function that was marked with @once_differentiable",
    "Write backward with operations on tensors and take the decorator away.")
packing_in_place = Refusal(
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack "
    "hook cannot be modified by in-place operations as this can lead to unexpected side-effects. "
    "Please open an issue if you need to perform in-place operations on the input to a pack hook.",
    "Let the pack hook make a new tensor.")
hook_type = Refusal("expected Variable, but hook returned '{type}'",
    "A hook returns a tensor, or None to leave the gradient as it is.", TypeError)
hook_tuple = Refusal("expected tuple, but hook returned '{type}'",
    "A hook of a node returns one gradient for each that it saw, as a tuple, or None.", TypeError)
hook_count = Refusal(
    "hook '{name}' has returned an incorrect number of values (got {got}, but expected {expected})",
    "A hook of a node returns one gradient for each that it saw.")
hook_changed_size = Refusal("hook '{name}' has changed the size of value",
    "What a hook returns has the shape of the gradient that it saw.")
_hook_changed_type = Refusal("hook '{name}' has changed the type of value (was {was} got {got})",
    "What a hook returns has the type of the gradient that it saw.")
hook_replaced_none = Refusal("can't replace a None gradient with a non-None value",
    "Where no gradient arrives the hook returns None, too.")
no_pair_of_hooks = Refusal(
    "saved_tensors_hooks takes two functions, pack_hook and unpack_hook, but got {type}",
    "pack_hook gets the tensor to save, unpack_hook what pack_hook returned.", TypeError)
unpacked_type = Refusal(
    "Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type}",
    "unpack_hook makes a tensor out of what pack_hook returned.", TypeError)

# --- views that must not be changed: `start` says which, and where it was made --------------------

_view_across_modes = Refusal(
    "{start} Given that this use case is ambiguous and error-prone, it is forbidden. You can "
    "clarify your code by moving both the view and the inplace either both inside the {mode} "
    "block (if you don't want the inplace to be tracked) or both outside (if you want the inplace "
    "to be tracked).",
    "Make the view and change it on the same side of `with {mode}():`.")
_view_of_several = Refusal(
    "{start} This view is the output of a function that returns multiple views. Such functions do "
    "not allow the output views to be modified inplace. You should replace the inplace operation "
    "by an out-of-place one.",
    "Write part = part + 1 in place of part += 1, or take the part by its index: x[0] += 1.")
_view_of_function = Refusal(
    "{start} This view was created inside a custom Function (or because an input was returned "
    "as-is) and the autograd logic to handle view+inplace would override the custom backward "
    "associated with the custom Function, leading to incorrect gradients. This behavior is "
    "forbidden. You can fix this by cloning the output of the custom Function.",
    "Return x.clone() from forward in place of x or a part of it.")

# --- making tensors ------------------------------------------------------------------------------

no_sequence = Refusal("new(): data must be a sequence (got {type})",
    "minigrad.tensor takes single numbers, too.", TypeError)
no_array = Refusal("expected np.ndarray (got {type})",
    "minigrad.tensor takes lists and numbers.", TypeError)
not_a_sequence = Refusal("not a sequence",
    "Beside a list stands another list of the same length.", TypeError)
ragged = Refusal("expected sequence of length {expected} at dim {dim} (got {got})",
    "All rows need the same length.", ValueError)
text_as_data = Refusal("new(): invalid data type '{type}'",
    "Convert text first, with float(text).", TypeError)
no_number = Refusal("Could not infer dtype of {type}", "A tensor holds numbers only.")
text_in_list = Refusal("too many dimensions '{type}'",
    "Convert text first, with float(text).", ValueError)
list_as_number = Refusal("'{type}' object cannot be interpreted as an integer",
    "All items of a list are numbers, or all are lists of one length.", TypeError)
overflow = Refusal("Overflow when unpacking long long",
    "A tensor holds integers from -2**63 to 2**63 - 1.", ValueError)
does_not_fit = Refusal("value cannot be converted to type {type} without overflow",
    "Choose a dtype that holds the number.")
dtype_type = Refusal("argument 'dtype' must be minigrad.dtype, not {type}",
    "For example minigrad.float64.", TypeError)
flag_of_new = Refusal("{function}(): argument 'requires_grad' must be bool, not {type}",
    "Write requires_grad=True or requires_grad=False.", TypeError)
size_element = Refusal(
    "{function}(): argument 'size' (position {position}) must be tuple of ints, but found element "
    "of type {type} at pos 0",
    "A length is a whole number: int(n) makes one.", TypeError)
later_size_element = Refusal(
    "{function}(): argument 'size' failed to unpack the object at pos {position} with error \"type "
    "must be tuple of ints,but got {type}\"",
    "A length is a whole number: int(n) makes one.", TypeError)
no_memory = Refusal(
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate {bytes} bytes. Error code "
    "12 (Cannot allocate memory)",
    "The product of the lengths is more than this computer holds.")
negative_std = Refusal("normal expects std >= 0.0, but found std {std:g}",
    "A standard deviation is a distance: take its absolute value.")
negative_size = Refusal("Trying to create tensor with negative dimension {n}: {size}",
    "A length is 0 or more.")
negative_size_of_zeros = Refusal("zeros: Dimension size must be non-negative.",
    "A length is 0 or more.")
no_size = Refusal('{function}() missing 1 required positional arguments: "size"',
    "A tensor of no dimensions has the size ().", TypeError)
no_step = Refusal("step must be nonzero", "Count up with 1, down with -1.")
step_sign = Refusal("upper bound and lower bound inconsistent with step sign",
    "Give a negative step to count down.")
infinite_range = Refusal("unsupported range: {start} -> {end}", "A tensor ends somewhere.")
negative_steps = Refusal("number of steps must be non-negative", "A length is 0 or more.")
negative_side = Refusal("{name} must be greater or equal to 0, got {n}", "A length is 0 or more.")
no_end = Refusal('arange() missing 1 required positional arguments: "end"',
    "arange(3) counts 0, 1, 2.", TypeError)
argument_type = Refusal(
    "{function}(): argument '{argument}' (position {position}) must be {kind}, not {type}",
    "A tensor of one element is turned into a number by .item(), text by float(...).", TypeError)
bool_as_dim = Refusal("'bool' object cannot be interpreted as a dimension",
    "Name the dimension first: x.sum(0, True), or x.sum(dim=0, keepdim=True).", TypeError)
keyword_type = Refusal("{function}(): argument '{argument}' must be {kind}, not {type}",
    "Several dimensions are named together: dim=(0, 1).", TypeError)
not_of_bools = Refusal("\"{function}_cpu\" not implemented for 'Bool'",
    "Count in int64 and compare: minigrad.arange(3) > 0.", NotImplementedError)
default_type = Refusal("only floating-point types are supported as the default type",
    "Integers stay int64 whatever the default is.", TypeError)
numpy_type = Refusal(
    "can't convert np.ndarray of type numpy.{type}. The only supported types are: {types}.",
    "Convert the array first, with array.astype.", TypeError)
device_name = Refusal("Expected one of cpu, cuda device type at start of device string: {name}",
    "There are 'cpu', 'cuda' and, where several GPUs are, 'cuda:1'.")
no_gpu = Refusal("No CUDA device is available to minigrad. {problem}",
    "Without device='cuda' everything is computed by NumPy.")

# --- modules and optimisers ----------------------------------------------------------------------

params_type = Refusal(
    "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
    "{type}",
    "Put the tensor into a list: SGD([weights], lr=0.01).", TypeError)
no_params = Refusal("optimizer got an empty parameter list",
    "model.parameters() can be used up only once: write list(model.parameters()).", ValueError)
group_type = Refusal("param_group must be a dict, but got {type}",
    'A group is a dictionary: {{"params": [...], "lr": 0.01}}.', TypeError)
params_in_a_set = Refusal(
    "optimizer parameters need to be organized in ordered collections, but the ordering of "
    "tensors in sets will change between runs. Please use a list instead.",
    "A list keeps its order, and the saved state goes by it.", TypeError)
param_type = Refusal("optimizer can only optimize Tensors, but one of the params is {type}",
    "model.parameters() gives tensors, model.named_parameters() names, too.", TypeError)
param_without_name = Refusal(
    "all optimizer params should be with/without names. Some param names are missing",
    "Pass model.named_parameters() or model.parameters(), not a mixture.", ValueError)
group_names = Refusal(
    "all optimizer param groups should be with/without names. cannot add param group {with_} names "
    "to the optimizer",
    "Give the parameters of all groups names, or none.", ValueError)
param_of_non_leaf = Refusal("can't optimize a non-leaf Tensor",
    "Pass the leaf that it was computed from, or make a leaf with detach().", ValueError)
param_in_two_groups = Refusal("some parameters appear in more than one parameter group",
    "Each parameter is changed once a step, by the settings of one group.", ValueError)
negative_setting = Refusal("Invalid {name}: {value}", "It must not be negative.", ValueError)
beta = Refusal("Invalid beta parameter at index {i}: {beta}",
    "A beta is the share of the old mean that is kept: 0 or more, and below 1.", ValueError)
nesterov = Refusal("Nesterov momentum requires a momentum and zero dampening",
    "Add momentum=0.9, or leave nesterov out.", ValueError)
group_count = Refusal("loaded state dict has a different number of parameter groups",
    "Make the optimizer with the groups that it had when it was saved.", ValueError)
group_size = Refusal(
    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    "Make the optimizer for the model that it had when it was saved.", ValueError)
no_optimizer = Refusal("{type} is not an Optimizer",
    "A schedule is made for an optimizer: StepLR(optimizer, step_size=10).", TypeError)
no_first_rate = Refusal(
    "param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
    "last_epoch >= 0.\nThis typically happens when:\n1. You're trying to resume training from a "
    "checkpoint but haven't properly loaded the optimizer state\n2. You're using last_epoch >= 0 "
    "for a fresh training run (not recommended)",
    "Load the optimiser's state first.", KeyError)
lambda_count = Refusal("Expected {groups} lr_lambdas, but got {got}",
    "Give one function for each parameter group, or a single one for all.", ValueError)
state_type = Refusal("Expected state_dict to be dict-like, got {type}.",
    "Pass what model.state_dict() returned.", TypeError)
state_misfit = Refusal(
    "Error(s) in loading state_dict for {module}:\n\t{problems}",
    "The state must come from a module of the same form; strict=False skips names that do not "
    "match.")
not_a_parameter = Refusal(
    "cannot assign '{type}' object to parameter '{name}' (minigrad.nn.Parameter or None required)",
    "Write nn.Parameter(tensor).", TypeError)
no_buffer = Refusal(
    "cannot assign '{type}' object to buffer '{name}' (minigrad Tensor or None required)",
    "A buffer is a tensor.", TypeError)
wrong_kind = Refusal("cannot assign '{type}' as {kind} '{name}' ({wanted} or None expected)",
    "Delete the attribute first, with del, to make it something else.", TypeError)
no_module = Refusal("{type} is not a Module subclass", "A child is a module.", TypeError)
name_type = Refusal("{kind} name should be a string. Got {type}", "Names are text.", TypeError)
dotted_name = Refusal("{kind} name can't contain \".\"",
    "A dot stands between the names of a module and of its child.", KeyError)
empty_name = Refusal("{kind} name can't be empty string \"\"", "Give it a name.", KeyError)
taken_name = Refusal("attribute '{name}' already exists", "Take another name.", KeyError)
before_init = Refusal("cannot assign {kind} before Module.__init__() call",
    "Begin your __init__ with super().__init__().", AttributeError)
training_mode = Refusal("training mode is expected to be boolean",
    "train() and eval() are the two modes.", ValueError)
module_type = Refusal(
    "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}",
    "Weights need fractions.", TypeError)
hook_answers = Refusal(
    "Backward hook returned an invalid number of grad_{side}, got {got}, but expected {expected}",
    "A hook returns None, or one gradient for each it was given.")
gradient_of_no_input = Refusal(
    "Backward hook for Modules where no input requires gradient should always return None or None "
    "for all gradients.",
    "There is no input that a gradient could be sent to.")
no_such_module = Refusal("index {index} is out of range",
    "Modules are counted from 0, or from the end with -1.", IndexError)
nonlinearity = Refusal("Unsupported nonlinearity {name}",
    "It is one of linear, sigmoid, tanh, relu, leaky_relu, selu.", ValueError)
fans = Refusal("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
    "A bias has no inputs: fill it with zeros_ or uniform_.", ValueError)
fan_mode = Refusal("Mode {mode} not supported, please use one of ['fan_in', 'fan_out']",
    "fan_in keeps the size of what goes forward, fan_out that of the gradients.", ValueError)
no_parameter = Refusal("a Parameter is made of a tensor, not of {type}",
    "Write Parameter(minigrad.tensor(data)).", TypeError)

# --- warnings -------------------------------------------------------------------------------------

NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be populated during autograd.backward(). If you indeed want the .grad field "
    "to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
    "access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead.")
CREATE_GRAPH_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its gradient which can cause a memory leak. We recommend using autograd.grad when "
    "creating the graph to avoid this. If you have to use this function, make sure to reset the "
    ".grad fields of your parameters to None after use to break the cycle and avoid the leak.")
NO_INPUT_WANTS_GRAD = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since "
    "no inputs require gradients. See "
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
    "register_full_backward_hook for more details.")
TO_SCALAR = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
    "behavior.\nConsider using tensor.detach() first.")
T_OF_NO_MATRIX = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated "
    "and it will throw an error in a future release. Consider `x.mT` to transpose batches of "
    "matrices or `x.permute(*minigrad.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a "
    "tensor.")
T_OF_NUMBER = (
    "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.")
MESHGRID_INDEXING = (
    "minigrad.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than "
    "{}(sourceTensor).")
LIST_OF_ARRAYS = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting "
    "the list to a single numpy.ndarray with numpy.array() before converting to a tensor.")
NO_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed "
    "in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted "
    "as tensor index, x[minigrad.tensor(seq)], which will result either in an error or a "
    "different result")
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been "
    "mutated should be passed to ctx.mark_dirty().")

# fmt: on


# --- texts that must be computed ------------------------------------------------------------------


def type_name(value: object) -> str:
    """The name of a value's type as torch's texts write it: numpy.ndarray, but int and Tensor."""
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


def changed_in_place(kind: str, shape, maker, version: int, expected: int) -> Exception:
    """A saved value that is not what it was; `maker` is the node that it came from, or None."""
    origin = f", which is output 0 of {_function(maker)}," if maker is not None else ""
    return _changed_in_place(kind, shape, origin, version, expected)


def _function(node) -> str:
    """The name of the operation that left a node: Add for AddBackward0, Sum1 for SumBackward1."""
    name, _, digit = node.name().rpartition("Backward")
    return node.name() if digit == "s" else name + digit.removeprefix("0")


def grad_dtype(new: str, own: str) -> Exception:
    """A gradient of another type than its tensor's; both by torch's old class names."""
    return _grad_dtype(new.lower(), own)


def ambiguous_truth(elements: int) -> Exception:
    """The truth of a tensor that has not one element."""
    return _ambiguous_truth("more than one value" if elements else "no values")


def broadcast(a, b) -> Exception:
    """The text for two shapes that do not fit: it names the last dimension that is wrong."""
    from_end = max(len(a), len(b))
    for k in range(1, min(len(a), len(b)) + 1):
        if a[-k] != b[-k] and a[-k] != 1 and b[-k] != 1:
            return _broadcast(a[-k], b[-k], from_end - k)
    raise AssertionError(f"shapes {a} and {b} fit")


def operands(operands, problem: Exception) -> Exception:
    """What torch says where NumPy refused operands: devices, two shapes or types do not fit."""
    from .devices import of  # which knows errors, too

    places = list(dict.fromkeys(str(of(x)) for x in operands if hasattr(x, "shape")))
    if len(places) > 1:
        return _several_devices(*places[:2])
    shapes = [x.shape for x in operands if hasattr(x, "shape")]
    for i, b in enumerate(shapes):
        for a in shapes[:i]:
            ends = zip(reversed(a), reversed(b), strict=False)
            if any(m != n and 1 not in (m, n) for m, n in ends):
                return broadcast(a, b)
    words = next((w for start, w in _NUMPY.items() if start in str(problem)), problem)
    return _operands(words)


_NUMPY = {  # what NumPy says: what torch says
    "boolean subtract": "Subtraction, the `-` operator, with two bool tensors is not supported. "
    "Use the `^` or `logical_xor()` operator instead.",
    "boolean negative": "Negation, the `-` operator, on a bool tensor is not supported. If you are "
    "trying to invert a mask, use the `~` or `logical_not()` operator instead.",
}


def matmul_types(a, b) -> Exception:
    """Two tensors of different types, multiplied as vectors or matrices."""
    first, second = _class_name(a), _class_name(b)
    match a.ndim, b.ndim:
        case 1, 1:
            return _dot_types(first, second)
        case _, 1:
            return _addmv_types(second, first)
        case _, 2:
            return _mm_types(*(_C_NAMES.get(t.dtype.name, t.dtype.name) for t in (a, b)))
    return bmm_types(first, second)


_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long int"}


def _class_name(tensor) -> str:
    """torch's old name of a tensor's type, without module and Tensor: Float, Long."""
    return tensor.type().rpartition(".")[-1].removesuffix("Tensor")


def dim_range(dim: int, ndim: int) -> Exception:
    """A dimension that a tensor of `ndim` dimensions does not have."""
    span = max(ndim, 1)
    return _dim_range(-span, span - 1, dim)


def assigned_type(value, tensor_type: str) -> Exception:
    """Something assigned to a part of a tensor that is neither a number nor a tensor."""
    return _assigned_type(type_name(value), tensor_type)


def index_put_types(self, values) -> Exception:
    """A tensor assigned to a part of a tensor of another type."""
    return _index_put_types(_class_name(self), _class_name(values))


def shared_elements(partly: bool) -> Exception:
    """Writing where one place in memory is several elements."""
    return _shared_elements(
        "some elements of the input tensor and the written-to tensor refer"
        if partly
        else "more than one element of the written-to tensor refers"
    )


def view_in_place(origin: str, maker, output_nr: int, indirect: bool = False) -> Exception:
    """A view that its origin forbids to change; `indirect`: something else on its memory was."""
    changed = "its base or another view of its base has been" if indirect else "is being"
    view = maker and f"Output {output_nr} of {_function(maker)} is a view"
    if view and origin in ("several", "function"):
        start = f"{view} and {changed} modified inplace."
    else:
        start = f"{view} of a view which was" if view else "A view was"
        there, here = ("no_grad mode", "with grad mode enabled")
        if origin == "inference":
            there, here = ("inference mode", "in normal mode")
        start += f" created in {there} and {changed} modified inplace {here}."
    match origin:
        case "several":
            return _view_of_several(start)
        case "function":
            return _view_of_function(start)
    return _view_across_modes(start, "no_grad" if origin == "no_grad" else "inference_mode")


def hook_changed_type(name: str, was, got) -> Exception:
    """A hook that returned a gradient of another type; torch has an old name for bool."""
    old, new = (t.type().replace("minigrad.BoolTensor", "CPUBoolType") for t in (was, got))
    return _hook_changed_type(name, old, new)
