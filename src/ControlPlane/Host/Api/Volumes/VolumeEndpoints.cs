using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Volumes;

/// <summary>Volumes on devices.</summary>
internal static class VolumeEndpoints
{
    internal static void MapVolumes(this IEndpointRouteBuilder routes) => routes
        .MapDelete(ApiPaths.Volume("{device}", "{vm}", "{volume}"), DeleteAsync)
        .WithSummary("Deletes a volume and what is on it; the device refuses while a VM that it should run has it.")
        .Produces(StatusCodes.Status204NoContent)
        .Produces<ProblemView>(StatusCodes.Status409Conflict, "application/problem+json")
        .Produces<ProblemView>(StatusCodes.Status503ServiceUnavailable, "application/problem+json");

    private static async Task<IResult> DeleteAsync(
        string device,
        string vm,
        string volume,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] DeviceCommander commander,
        CancellationToken cancellationToken)
    {
        if (!await DeviceEndpoints.IsKnownAsync(device, directory))
        {
            return Problems.NotFound("device", device);
        }

        if (!ResourceName.TryParse(vm, out ResourceName owner) || !ResourceName.TryParse(volume, out ResourceName name))
        {
            return Problems.NotFound("volume", $"{vm}/{volume}");
        }

        try
        {
            return await commander.AskAsync(DeviceId.Parse(device), CommandKind.DeleteVolume, new VolumeOrder(owner, name).Encode(), cancellationToken) switch
            {
                null => Problems.Of(StatusCodes.Status503ServiceUnavailable, $"device '{device}' is not connected: a volume is deleted while it is"),
                "" => Results.NoContent(),
                string refusal => Problems.Of(StatusCodes.Status409Conflict, $"device '{device}' refused: {refusal}"),
            };
        }
        catch (TimeoutException)
        {
            return Problems.Of(StatusCodes.Status504GatewayTimeout, $"device '{device}' did not answer in time; it may still delete the volume");
        }
    }
}
