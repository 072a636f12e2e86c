using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Carries a <see cref="ReportedState"/> between processes in its wire encoding.</summary>
[RegisterConverter]
public sealed class ReportedStateConverter : IConverter<ReportedState, ReportedStateSurrogate>
{
    /// <inheritdoc/>
    public ReportedState ConvertFromSurrogate(in ReportedStateSurrogate surrogate) => ReportedState.Decode(surrogate.Payload);

    /// <inheritdoc/>
    public ReportedStateSurrogate ConvertToSurrogate(in ReportedState value) => new() { Payload = value.Encode() };
}
