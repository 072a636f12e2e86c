using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Identities;

/// <summary>Who is let in, and who not any more.</summary>
internal static class IdentityEndpoints
{
    internal static void MapIdentities(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Identities, static ([FromServices] IDeviceIdentities identities) =>
                Results.Json(new ListView<IdentityView>([.. identities.List().Select(Of)]), ApiJsonContext.Default.ListViewIdentityView))
            .WithSummary("Identities of all devices.").Produces<ListView<IdentityView>>();
        routes.MapGet(ApiPaths.Identity("{id}"), static (string id, [FromServices] IDeviceIdentities identities) =>
                identities.Find(id) is DeviceIdentity identity ? Show(identity) : Problems.NotFound("device", id))
            .WithSummary("One device's identity.").Produces<IdentityView>();
        Map(routes, "approve", "Lets a device in that waits for approval.", static grain => grain.ApproveAsync());
        Map(routes, "revoke", "Takes a device's access away, from this moment on.", static grain => grain.RevokeAsync());
        Map(routes, "decommission", "Has a device wipe itself; gives up one that is revoked.", static grain => grain.DecommissionAsync());
    }

    internal static IdentityView Of(DeviceIdentity identity) => new(
        identity.Device,
        identity.State.ToString(),
        identity.KeyDigest,
        identity.Admission,
        identity.Labels,
        identity.SerialNumber,
        identity.NotAfter,
        identity.TrustVersion,
        identity.ChangedAt);

    private static void Map(IEndpointRouteBuilder routes, string action, string summary, Func<IEnrolmentGrain, Task<EnrolmentOutcome>> act) =>
        routes.MapPost(ApiPaths.IdentityAction("{id}", action), async (string id, [FromServices] IDeviceIdentities identities, [FromServices] IGrainFactory grains) =>
            {
                if (!DeviceId.TryParse(id, out _) || identities.Find(id) is null)
                {
                    return Problems.NotFound("device", id);
                }

                EnrolmentOutcome outcome = await act(grains.GetGrain<IEnrolmentGrain>(id));
                return outcome is { Verdict: EnrolmentVerdict.Done, Identity: DeviceIdentity identity }
                    ? Show(identity)
                    : Problems.Of(StatusCodes.Status409Conflict, outcome.Reason);
            })
            .RequireAuthorization(AuthSchemes.Admin).WithSummary(summary).Produces<IdentityView>();

    private static IResult Show(DeviceIdentity identity) => Results.Json(Of(identity), ApiJsonContext.Default.IdentityView);
}
