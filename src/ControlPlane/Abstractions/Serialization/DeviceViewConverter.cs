using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Carries a <see cref="DeviceView"/> between processes as the API's JSON.</summary>
[RegisterConverter]
public sealed class DeviceViewConverter : IConverter<DeviceView, DeviceViewSurrogate>
{
    /// <inheritdoc/>
    public DeviceView ConvertFromSurrogate(in DeviceViewSurrogate surrogate) =>
        JsonSerializer.Deserialize(surrogate.Json, ApiJsonContext.Default.DeviceView)
        ?? throw new InvalidOperationException("DeviceView: expected an object, found null");

    /// <inheritdoc/>
    public DeviceViewSurrogate ConvertToSurrogate(in DeviceView value) =>
        new() { Json = JsonSerializer.SerializeToUtf8Bytes(value, ApiJsonContext.Default.DeviceView) };
}
