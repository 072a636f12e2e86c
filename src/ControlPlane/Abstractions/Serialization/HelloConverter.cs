using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Carries a <see cref="Hello"/> between processes in its wire encoding.</summary>
[RegisterConverter]
public sealed class HelloConverter : IConverter<Hello, HelloSurrogate>
{
    /// <inheritdoc/>
    public Hello ConvertFromSurrogate(in HelloSurrogate surrogate) => Hello.Decode(surrogate.Payload);

    /// <inheritdoc/>
    public HelloSurrogate ConvertToSurrogate(in Hello value) => new() { Payload = value.Encode() };
}
