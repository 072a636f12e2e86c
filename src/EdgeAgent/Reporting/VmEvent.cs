namespace MicroVm.EdgeAgent.Reporting;

/// <summary>What is to be said about a VM.</summary>
/// <param name="IsWarning">Somebody may have to do something.</param>
/// <param name="Reason">One word in CamelCase.</param>
/// <param name="Message">One line for people.</param>
internal readonly record struct VmEvent(bool IsWarning, string Reason, string Message);
