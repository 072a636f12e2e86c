using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Identities;

/// <summary>The fleet's keys and their rotation.</summary>
internal static class FleetEndpoints
{
    internal static void MapFleet(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Fleet, static ([FromServices] Fleet fleet, [FromServices] IDeviceIdentities identities) => Show(fleet, identities))
            .WithSummary("The fleet's keys.").Produces<FleetView>();
        routes.MapPost(ApiPaths.FleetAction("{kind}", "rotate"), Rotate).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Adds a new key of a kind (signing, authority) beside the ones before.").Produces<FleetView>();
        routes.MapPost(ApiPaths.FleetAction("{kind}", "retire"), Retire).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Destroys the oldest key of a kind; refused while a device needs it, unless ?force=true.").Produces<FleetView>();
    }

    private static IResult Rotate(string kind, [FromServices] Fleet fleet, [FromServices] IDeviceIdentities identities) =>
        Parse(kind) is not FleetKeyKind parsed ? Problems.NotFound("kind of key", kind)
        : fleet.Rotate(parsed) ? Show(fleet, identities)
        : Problems.Of(StatusCodes.Status409Conflict, $"keys: expected fewer than {TrustBundle.MaxEntries}; retire one first");

    private static IResult Retire(string kind, [FromServices] Fleet fleet, [FromServices] IDeviceIdentities identities, [FromQuery] bool force = false)
    {
        if (Parse(kind) is not FleetKeyKind parsed)
        {
            return Problems.NotFound("kind of key", kind);
        }

        int behind = force ? 0 : Needing(fleet, identities, parsed);
        return behind > 0
            ? Problems.Of(StatusCodes.Status409Conflict, $"devices: expected none that need the oldest key, found {behind}; ?force=true locks them out until they enrol anew")
            : fleet.Retire(parsed) ? Show(fleet, identities)
            : Problems.Of(StatusCodes.Status409Conflict, "keys: expected two at least; rotate first");
    }

    /// <summary>Devices that would be locked out: they do not know a newer key, or their certificate is of the authority that goes.</summary>
    private static int Needing(Fleet fleet, IDeviceIdentities identities, FleetKeyKind kind)
    {
        ulong needed = FleetRingDecisions.NeededToRetire(fleet.Ring, kind);
        string goes = kind == FleetKeyKind.Authority ? fleet.Ring.Authorities[^1].Name : "";
        return identities.List().Count(identity => identity.MayConnect && (identity.TrustVersion < needed || identity.Authority == goes));
    }

    private static FleetKeyKind? Parse(string kind) => kind switch
    {
        "signing" => FleetKeyKind.Signing,
        "authority" => FleetKeyKind.Authority,
        _ => null,
    };

    private static IResult Show(Fleet fleet, IDeviceIdentities identities)
    {
        FleetRing ring = fleet.Ring;
        TrustBundle trust = fleet.Trust;
        return Results.Json(
            new FleetView(
                trust.Version,
                [.. ring.Signing.Zip(trust.SigningKeys, static (key, bytes) =>
                    new FleetKeyView(key.Name, key.Since, Convert.ToHexStringLower(SigningKeyId.Of(bytes)), null))],
                [.. ring.Authorities.Zip(fleet.Authorities, static (key, certificate) => new FleetKeyView(
                    key.Name, key.Since, EnrolmentToken.PinOf(certificate.RawData), certificate.NotAfter.ToUniversalTime()))],
                identities.List().Count(identity => identity.MayConnect && identity.TrustVersion < trust.Version)),
            ApiJsonContext.Default.FleetView);
    }
}
