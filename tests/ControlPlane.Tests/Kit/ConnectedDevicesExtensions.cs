using MicroVm.ControlPlane.Host.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>What the gateway knows of connections.</summary>
internal static class ConnectedDevicesExtensions
{
    internal static IReadOnlyList<string> ConnectedDevices(this IServiceProvider services) =>
        [.. services.GetRequiredService<ConnectionRegistry>().All().Select(static connection => connection.Device.Value).Order(StringComparer.Ordinal)];
}
