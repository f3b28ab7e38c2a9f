"""torch's error texts, each with one sentence of advice attached as a note of the exception.

The texts are those of torch 2.13. A function here makes an exception, its caller raises it.
"""

from __future__ import annotations


def advised(kind: type[Exception], text: str, advice: str) -> Exception:
    """An exception with torch's text and, as a note below it, one sentence of advice."""
    error = kind(text)
    error.add_note(advice)
    return error


def freed() -> Exception:
    return advised(
        RuntimeError,
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they "
        "have already been freed). Saved intermediate values of the graph are freed when you call "
        ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
        "through the "
        "graph a second time or if you need to access saved tensors after calling backward.",
        "Compute the output again before the next backward(); retain_graph=True is for two passes "
        "through one graph.",
    )


def _function(node) -> str:
    """The name of the operation that left a node: Add for AddBackward0, Sum1 for SumBackward1."""
    name, _, digit = node.name().rpartition("Backward")
    return node.name() if digit == "s" else name + digit.removeprefix("0")


def changed_in_place(kind: str, shape, maker, version: int, expected: int) -> Exception:
    origin = f", which is output 0 of {_function(maker)}," if maker is not None else ""
    return advised(
        RuntimeError,
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: "
        f"[minigrad.{kind}Tensor {list(shape)}]{origin} is at version {version}; expected version "
        f"{expected} "
        "instead. Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, "
        "with minigrad.autograd.set_detect_anomaly(True, check_nan=False).",
        "The backward pass needs the old value: write `x = x + 1` in place of `x += 1`.",
    )


def leaf_in_place(view: bool = False) -> Exception:
    return advised(
        RuntimeError,
        f"a {'view of a ' if view else ''}leaf Variable that requires grad is being used in an "
        "in-place operation.",
        "To change a parameter, do it inside `with minigrad.no_grad():`.",
    )


def not_scalar() -> Exception:
    return advised(
        RuntimeError,
        "grad can be implicitly created only for scalar outputs",
        "Reduce the output first, for example with .sum(), or pass the vector v of the product "
        "v^T J: backward(v).",
    )


def no_grad_anywhere(index: int = 0) -> Exception:
    return advised(
        RuntimeError,
        f"element {index} of tensors does not require grad and does not have a grad_fn",
        "Make one of the inputs with requires_grad=True, and compute the output outside no_grad.",
    )


def gradient_shape(index: int, gradient, output) -> Exception:
    return advised(
        RuntimeError,
        f"Mismatch in shape: grad_output[{index}] has a shape of {gradient!r} and "
        f"output[{index}] has a shape of {output!r}.",
        "The vector that is sent back has the shape of the output.",
    )


def creation_needs_float() -> Exception:
    return advised(
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        "Write the numbers as floats, for example 1.0 in place of 1.",
    )


def flag_needs_float() -> Exception:
    return advised(
        RuntimeError,
        "only Tensors of floating point dtype can require gradients",
        "Convert the tensor first, for example with .float().",
    )


def flag_of_non_leaf() -> Exception:
    return advised(
        RuntimeError,
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable "
        "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
        "The flag belongs to leaves; detach() gives the values without the history.",
    )


def unused(index: int) -> Exception:
    return advised(
        RuntimeError,
        f"The differentiated Tensor at index {index} appears to not have been used in the graph. "
        "Set allow_unused=True if this is the desired behavior.",
        "Check that the output was computed from this very tensor and not from a copy of it.",
    )


def input_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "One of the differentiated Tensors does not require grad",
        "Make the input with requires_grad=True before the output is computed.",
    )


def grad_size(new, own) -> Exception:
    return advised(
        RuntimeError,
        f"attempting to assign a gradient of size '{list(new)}' to a tensor of size '{list(own)}'. "
        "Please ensure that the gradient and the tensor are the same size",
        "A gradient has the shape of its tensor.",
    )


def grad_dtype(new: str, own: str) -> Exception:
    return advised(
        RuntimeError,
        f"attempting to assign a gradient with dtype '{new.lower()}' to a tensor with grad_dtype "
        f"'{own}'. "
        "The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You "
        "can set the "
        "tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
        "grad_dtype with "
        "caution. Diverging the dtypes of a tensor and its gradient may break downstream systems "
        "that assume "
        "they match.",
        "Convert the gradient first, for example with .to(x.dtype).",
    )


def grad_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"assigned grad expected to be a Tensor or None but got grad of type {name}",
        "To clear a gradient, assign None.",
    )


def numpy_needs_detach() -> Exception:
    return advised(
        RuntimeError,
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        "An array has no history; detach() says that you know it.",
    )


def grad_count(outputs: int, gradients: int) -> Exception:
    return advised(
        RuntimeError,
        f"got {outputs} tensors and {gradients} gradients",
        "Give one gradient for each output, or None for an output of one element.",
    )


def grad_output_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"gradients can be either Tensors or None, but got {name}",
        "Make it a tensor: minigrad.tensor([...]).",
    )


def ambiguous_truth(elements: int) -> Exception:
    amount = "more than one value" if elements else "no values"
    return advised(
        RuntimeError,
        f"Boolean value of Tensor with {amount} is ambiguous",
        "Use .any() or .all() to say what is meant.",
    )


def not_one_element(elements: int) -> Exception:
    return advised(
        RuntimeError,
        f"a Tensor with {elements} elements cannot be converted to Scalar",
        "Use .tolist() for all the numbers.",
    )


def broadcast(a, b) -> Exception:
    """The text for two shapes that do not fit: it names the last dimension that is wrong."""
    from_end = max(len(a), len(b))
    for k in range(1, min(len(a), len(b)) + 1):
        if a[-k] != b[-k] and a[-k] != 1 and b[-k] != 1:
            return advised(
                RuntimeError,
                f"The size of tensor a ({a[-k]}) must match the size of tensor b ({b[-k]}) "
                f"at non-singleton dimension {from_end - k}",
                "Shapes are lined up at their ends; each pair must be equal, or one of the two "
                "must be 1.",
            )
    raise AssertionError(f"shapes {a} and {b} fit")


def operands(operands, problem: Exception) -> Exception:
    """What torch says where NumPy refused operands: two shapes do not fit, or the types."""
    shapes = [x.shape for x in operands if hasattr(x, "shape")]
    for i, b in enumerate(shapes):
        for a in shapes[:i]:
            ends = zip(reversed(a), reversed(b), strict=False)
            if any(m != n and 1 not in (m, n) for m, n in ends):
                return broadcast(a, b)
    return advised(
        RuntimeError, str(problem), "Look at the shapes and the types of what is put together."
    )


def mat_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})",
        "The columns of the first must be as many as the rows of the second.",
    )


def mat_vec_shapes(a, v) -> Exception:
    return advised(
        RuntimeError,
        f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({v[0]})",
        "The matrix needs as many columns as the vector has elements.",
    )


def dot_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same "
        "number of "
        f"elements, but got {a[0]} and {b[0]} elements respectively",
        "A dot product needs two vectors of one length.",
    )


def matmul_types(a, b) -> Exception:
    first, second = (tensor.type().split(".")[-1].removesuffix("Tensor") for tensor in (a, b))
    match a.ndim, b.ndim:
        case 1, 1:
            return dot_types(first, second)
        case _, 1:
            text = (
                "addmv input tensors must have the same dtype, but got "
                f"{second}, {first}, and {second}"
            )
        case _, 2:
            text = (
                "expected m1 and m2 to have the same dtype, but got: "
                f"{_c_name(a.dtype)} != {_c_name(b.dtype)}"
            )
        case _:
            text = f"expected scalar type {first} but found {second}"
    return advised(RuntimeError, text, "Convert one of the two first, for example with .float().")


def _c_name(dtype) -> str:
    return {
        "float32": "float",
        "float64": "double",
        "float16": "c10::Half",
        "int64": "long int",
    }.get(dtype.name, dtype.name)


def batch_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[-1]}] but "
        f"got: "
        f"[{b[0]}, {b[-2]}].",
        "The columns of the first matrices must be as many as the rows of the second.",
    )


def dot_types(first: str, second: str) -> Exception:
    return advised(
        RuntimeError,
        f"dot : expected both vectors to have same dtype, but found {first} and {second}",
        "Convert one of the two first, for example with .float().",
    )


def mean_of_integers(kind: str) -> Exception:
    return advised(
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or "
        "complex dtype. "
        f"Got: {kind}",
        "Convert the tensor first, for example with .float().",
    )


def dim_range(dim: int, ndim: int) -> Exception:
    span = max(ndim, 1)
    return advised(
        IndexError,
        f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})",
        "Dimensions are counted from 0, or from the end with -1.",
    )


def view_size(shape, elements: int) -> Exception:
    return advised(
        RuntimeError,
        f"shape '{list(shape)}' is invalid for input of size {elements}",
        "The new shape must hold as many elements as the old one.",
    )


def output_shape(own, new) -> Exception:
    return advised(
        RuntimeError,
        f"output with shape {list(own)} doesn't match the broadcast shape {list(new)}",
        "An in-place operation cannot change the shape.",
    )


def cast_in_place(result: str, own: str) -> Exception:
    return advised(
        RuntimeError,
        f"result type {result} can't be cast to the desired output type {own}",
        "An in-place operation cannot change the type: convert first, or write `x = x + y`.",
    )


def retain_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "can't retain_grad on Tensor that has requires_grad=False",
        "Only a tensor with a history gets a gradient.",
    )


def hook_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "cannot register a hook on a tensor that doesn't require gradient",
        "Only a tensor with a history gets a gradient.",
    )


def inference_saved() -> Exception:
    return advised(
        RuntimeError,
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode "
        "in computation tracked by autograd. To work around this, you can make a clone to get a "
        "normal tensor "
        "and use it in autograd, or use `minigrad.no_grad()` instead of "
        "`minigrad.inference_mode()`.",
        "no_grad keeps its results usable; inference_mode does not.",
    )


def inference_in_place() -> Exception:
    return advised(
        RuntimeError,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a "
        "clone to "
        "get a normal tensor before doing inplace update.See "
        "https://github.com/pytorch/rfcs/pull/17 for "
        "more details.",
        "Write x = x.clone() first.",
    )


def inference_flag() -> Exception:
    return advised(
        RuntimeError,
        "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.",
        "Write x = x.clone() first.",
    )


def not_an_index() -> Exception:
    return advised(
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        "Take one element of an integer tensor, or convert with .long() first.",
    )


def no_dimension(what: str) -> Exception:
    return advised(
        TypeError, f"{what} a 0-d tensor", "It is a single number: .item() gives it to Python."
    )


def not_one_number() -> Exception:
    return advised(
        ValueError,
        "only one element tensors can be converted to Python scalars",
        "Use .tolist() for all the numbers.",
    )


def flag_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {name}",
        "Write requires_grad_(True) or requires_grad_(False).",
    )


def hook_of_non_leaf() -> Exception:
    return advised(
        RuntimeError,
        "post accumulate grad hooks cannot be registered on non-leaf tensors",
        "Only a leaf accumulates; use register_hook on a result.",
    )


def detach_view() -> Exception:
    return advised(
        RuntimeError,
        "Can't detach views in-place. Use detach() instead. If you are using "
        "DistributedDataParallel "
        "(DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of "
        "DDP "
        "buckets, and hence detach_() cannot be called on these gradients. To fix this error, "
        "please "
        "refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution.",
        "A view shares its history with its base.",
    )


def numpy_of_gpu(device) -> Exception:
    return advised(
        TypeError,
        f"can't convert {device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
        "to "
        "host memory first.",
        "Write x.cpu().numpy().",
    )


def copy_of_result() -> Exception:
    return advised(
        RuntimeError,
        "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol "
        "at "
        "the moment.  If you were attempting to deepcopy a module, this may be because of a "
        "torch.nn.utils.weight_norm usage, see "
        "https://github.com/pytorch/pytorch/pull/103001",
        "Copy x.detach() instead.",
    )


# --- custom Functions and saved tensors -----------------------------------------------------------


def number_of_gradients(name: str, expected: int, got: int) -> Exception:
    return advised(
        RuntimeError,
        f"function {name} returned an incorrect number of gradients (expected {expected}, "
        f"got {got})",
        "backward returns one gradient for each argument of forward, None for one without.",
    )


def gradient_of_no_tensor(name: str, place: int) -> Exception:
    return advised(
        RuntimeError,
        f"function {name} returned a gradient different than None at position {place + 1}, but the "
        "corresponding forward input was not a Variable",
        "Return None in the place of an argument that is not a tensor.",
    )


def gradient_type(kind: str) -> Exception:
    return advised(
        RuntimeError,
        f"expected Variable or None (got {kind})",
        "backward returns a tensor, or a tuple of tensors and None.",
    )


def invalid_gradient(name: str, index: int, got, shape) -> Exception:
    return advised(
        RuntimeError,
        f"Function {name} returned an invalid gradient at index {index} - got {list(got)} but "
        f"expected shape compatible with {list(shape)}",
        "A gradient has the shape of the input that it belongs to.",
    )


def legacy_function() -> Exception:
    return advised(
        RuntimeError,
        "Legacy autograd function with non-static forward method is deprecated. Please use "
        "new-style autograd function with static forward method. (Example: "
        "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
        "Call MyFunction.apply(...), without making an object of the class.",
    )


def saved_no_tensor(index: int, kind: str) -> Exception:
    return advised(
        TypeError,
        f"save_for_backward can only save variables, but argument {index} is of type {kind}",
        "Anything that is not a tensor is kept as an attribute: ctx.exponent = exponent.",
    )


def dirty_not_returned() -> Exception:
    return advised(
        RuntimeError,
        "Some elements marked as dirty during the forward method were not returned as output. The "
        "inputs that are modified inplace must all be outputs of the Function.",
        "Return the very tensor that was given to ctx.mark_dirty.",
    )


def dirty_leaf() -> Exception:
    return advised(
        RuntimeError,
        "a leaf Variable that requires grad has been used in an in-place operation.",
        "To change a parameter, do it inside `with minigrad.no_grad():`.",
    )


def dirty_view() -> Exception:
    return advised(
        RuntimeError,
        "If your Function modifies inplace an input that is a view of another Tensor, your "
        "Function cannot return more than one Tensor. This is not supported by the current "
        "autograd engine. You should either make sure the input is not a view (using .clone() for "
        "example) or make your Function only return one Tensor (potentially splitting it into two "
        "Functions: one doing the inplace that returns a single Tensor and a second one that does "
        "the other operations). You can ask on the forum https://discuss.pytorch.org/ if you need "
        "help to do this change.",
        "Here the view must also be the first argument.",
    )


_VIEWS = {
    "no_grad": (
        " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the no_grad block "
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace to "
        "be tracked).",
        "Make the view and change it on the same side of `with no_grad():`.",
    ),
    "inference": (
        " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the inference_mode "
        "block (if you don't want the inplace to be tracked) or both outside (if you want the "
        "inplace to be tracked).",
        "Make the view and change it on the same side of `with inference_mode():`.",
    ),
    "several": (
        " This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one.",
        "Write part = part + 1 in place of part += 1, or take the part by its index: x[0] += 1.",
    ),
    "function": (
        " This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function.",
        "Return x.clone() from forward in place of x or a part of it.",
    ),
}


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
    text, advice = _VIEWS[origin]
    return advised(RuntimeError, start + text, advice)


def fill_value(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"fill_ only supports 0-dimension value tensor but got tensor with {ndim} dimensions.",
        "copy_ writes a tensor with dimensions.",
    )


def assigned_type(value, tensor_type: str) -> Exception:
    kind = type(value)
    module = "numpy." if kind.__module__ == "numpy" else ""
    return advised(
        TypeError,
        f"can't assign a {module}{kind.__name__} to a {tensor_type}",
        "Make a tensor of it first: x[0] = minigrad.tensor(value).",
    )


def index_put_types(self, values) -> Exception:
    own, new = (t.type().rpartition(".")[-1].removesuffix("Tensor") for t in (self, values))
    return advised(
        RuntimeError,
        "Index put requires the source and destination dtypes match, got "
        f"{own} for the destination and {new} for the source.",
        "Convert the values first, for example with .to(x.dtype).",
    )


def shared_elements(partly: bool) -> Exception:
    """Writing where one place in memory is several elements."""
    place = (
        "some elements of the input tensor and the written-to tensor refer"
        if partly
        else "more than one element of the written-to tensor refers"
    )
    return advised(
        RuntimeError,
        f"unsupported operation: {place} to a single memory location. Please clone() the tensor "
        "before performing the operation.",
        "clone() makes a copy with memory of its own.",
    )


def differentiated_twice() -> Exception:
    return advised(
        RuntimeError,
        "trying to differentiate twice a function that was marked with @once_differentiable",
        "Write backward with operations on tensors and take the decorator away.",
    )


def packing_in_place() -> Exception:
    return advised(
        RuntimeError,
        "A saved tensor pack hook is modifying its input in place. Tensors provided as input to "
        "pack hook cannot be modified by in-place operations as this can lead to unexpected "
        "side-effects. Please open an issue if you need to perform in-place operations on the "
        "input to a pack hook.",
        "Let the pack hook make a new tensor.",
    )


def unpacked_type(kind: str) -> Exception:
    return advised(
        TypeError,
        f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {kind}",
        "unpack_hook makes a tensor out of what pack_hook returned.",
    )


NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for "
    "a non-leaf "
    "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
    "mistake, make sure "
    "you access the leaf Tensor instead."
)
CREATE_GRAPH_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its "
    "gradient which can cause a memory leak. We recommend using autograd.grad when creating the "
    "graph to avoid "
    "this. If you have to use this function, make sure to reset the .grad fields of your "
    "parameters to None "
    "after use to break the cycle and avoid the leak."
)
TO_SCALAR = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)
COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than minigrad.tensor(sourceTensor)."
)
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been "
    "mutated should be passed to ctx.mark_dirty()."
)
