namespace MicroVm.Shared.Contracts.Api;

/// <summary>What applying a manifest would do to one device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Wave">The wave in which it is told as things are now; empty when it is taken off, is away or nothing changes.</param>
/// <param name="Change">What happens to it, in words.</param>
/// <param name="Online">Whether it is connected.</param>
public sealed record PlannedDeviceView(string Device, string Wave, string Change, bool Online);
