using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>A <see cref="VmSpec"/> as bytes.</summary>
[GenerateSerializer]
[Immutable]
public struct VmSpecSurrogate
{
    /// <summary>The wire encoding.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; }
}
