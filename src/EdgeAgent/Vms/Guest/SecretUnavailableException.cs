namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>A secret that a VM needs is not on the device, or was not sealed to it.</summary>
internal sealed class SecretUnavailableException(string message) : Exception(message);
