namespace MicroVm.EdgeAgent.Update;

/// <summary>Why a step of an update did not succeed.</summary>
/// <param name="Message">One line for people.</param>
/// <param name="IsFinal">The release itself is at fault: trying it again would give the same.</param>
internal sealed record UpdateFault(string Message, bool IsFinal = false);
