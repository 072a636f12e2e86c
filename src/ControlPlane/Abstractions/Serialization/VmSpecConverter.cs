using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Carries a <see cref="VmSpec"/> between processes in its wire encoding.</summary>
[RegisterConverter]
public sealed class VmSpecConverter : IConverter<VmSpec, VmSpecSurrogate>
{
    /// <inheritdoc/>
    public VmSpec ConvertFromSurrogate(in VmSpecSurrogate surrogate) => VmSpec.Decode(surrogate.Bytes);

    /// <inheritdoc/>
    public VmSpecSurrogate ConvertToSurrogate(in VmSpec value) => new() { Bytes = value.Encode() };
}
