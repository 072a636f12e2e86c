using System.Globalization;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>Whether there is somebody at the other end of a session.</summary>
internal sealed class SessionTarget(
    SqliteDeviceDirectory directory,
    IDeploymentDirectory deployments,
    IDeviceIdentities identities,
    ConnectionRegistry registry,
    TelemetryQueries telemetry,
    IGrainFactory grains)
{
    /// <summary>Why there can be no session with a VM; null when there can be one.</summary>
    internal async Task<SessionFault?> FindFaultAsync(string device, string vm)
    {
        if (!await DeviceEndpoints.IsKnownAsync(device, directory))
        {
            return new SessionFault(StatusCodes.Status404NotFound, $"device: expected one that is known, found '{device}'");
        }

        DeviceView? view = await grains.GetGrain<IDeviceGrain>(device).GetViewAsync();
        return FindVmFault(device, vm, view) ?? await FindDeviceFaultAsync(DeviceId.Parse(device), view);
    }

    /// <summary>Why a device cannot be reached now; null when it can.</summary>
    internal async Task<SessionFault?> FindDeviceFaultAsync(DeviceId device, DeviceView? view)
    {
        IdentityState? state = identities.Find(device.Value)?.State;
        if (state != IdentityState.Active)
        {
            return new SessionFault(StatusCodes.Status409Conflict, $"device '{device}': expected an enrolled device, found one that is {state?.ToString() ?? "not known"}");
        }

        if (registry.Find(device) is not null)
        {
            return null;
        }

        DateTimeOffset? seen = await telemetry.LastSeenAsync(device.Value, CancellationToken.None) is { } sent && !(view?.LastSeen > sent) ? sent : view?.LastSeen;
        string since = seen is { } at ? " since " + at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";
        return new SessionFault(StatusCodes.Status503ServiceUnavailable, $"device '{device}' is not connected{since}");
    }

    /// <summary>Why there is no such VM; null when a deployment has it or the device reports it.</summary>
    internal SessionFault? FindVmFault(string device, string vm, DeviceView? view)
    {
        IEnumerable<string> reported = view?.Vms.Select(static one => one.Name) ?? [];
        return ResourceName.TryParse(vm, out _) && (reported.Contains(vm) || deployments.List().Any(entry => entry.VmName == vm))
            ? null
            : new SessionFault(
                StatusCodes.Status404NotFound,
                $"VM: expected one of device '{device}'{(reported.Any() ? $", which has {string.Join(", ", reported)}" : "")}, found '{vm}'");
    }
}
