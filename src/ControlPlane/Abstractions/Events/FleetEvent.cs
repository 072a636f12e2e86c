namespace MicroVm.ControlPlane.Abstractions.Events;

/// <summary>Something that happened at the control plane and that operators want to see among the events of devices.</summary>
/// <param name="Device">The device that it is about; empty when it is about several.</param>
/// <param name="IsWarning">Somebody may have to do something.</param>
/// <param name="Reason">One word in CamelCase for programs.</param>
/// <param name="Message">One line for people.</param>
public sealed record FleetEvent(string Device, bool IsWarning, string Reason, string Message);
