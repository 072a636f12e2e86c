namespace MicroVm.ControlPlane.Host.Storage.Events;

/// <summary>Which events somebody wants to see.</summary>
/// <param name="Device">Of this device; null for all.</param>
/// <param name="Vm">Of this VM; null for all.</param>
/// <param name="SinceMs">That came at or after this, in milliseconds since 1970; 0 for all.</param>
internal sealed record EventFilter(string? Device, string? Vm, long SinceMs);
