using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>A <see cref="DeviceView"/> as UTF-8 JSON.</summary>
[GenerateSerializer]
[Immutable]
public struct DeviceViewSurrogate
{
    /// <summary>The JSON.</summary>
    [Id(0)]
    public byte[] Json { get; set; }
}
