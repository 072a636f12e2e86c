using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace MicroVm.ControlPlane.Host.Api.Agents;

/// <summary>Releases of the agent: pushed by operators, fetched by devices.</summary>
internal static class AgentReleaseEndpoints
{
    private const string ArtifactType = "application/gzip", ManifestType = "application/cose; cose-type=\"cose-sign1\"";
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    internal static void MapAgentReleases(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.AgentReleases, ListAsync).WithSummary("Releases of the agent, one for each architecture.").Produces<ListView<AgentReleaseView>>();
        routes.MapPost(ApiPaths.AgentReleases, AddAsync)
            .WithSummary("Keeps an artifact as a release for an architecture; a release never changes.")
            .WithMetadata(new RequestSizeLimitAttribute(AgentFiles.MaxArtifactBytes))
            .Accepts<Stream>(ArtifactType, "application/octet-stream")
            .Produces<AgentReleaseView>(StatusCodes.Status201Created)
            .Produces<ProblemView>(StatusCodes.Status409Conflict, "application/problem+json");
        routes.MapMethods(ApiPaths.AgentArtifact("{digest}"), s_readMethods, GetArtifact)
            .RequireAuthorization(AuthSchemes.ViewerOrDevice)
            .WithSummary("An artifact; ranges are served.")
            .Produces(StatusCodes.Status200OK, contentType: ArtifactType);
        routes.MapGet($"{ApiPaths.AgentReleases}/{{digest}}/manifest", GetManifestAsync)
            .RequireAuthorization(AuthSchemes.ViewerOrDevice)
            .WithSummary("An artifact's manifest, signed with the newest key that the holder of a trust bundle knows.")
            .Produces(StatusCodes.Status200OK, contentType: ManifestType);
    }

    private static async Task<IResult> ListAsync([FromServices] AgentReleaseStore releases, CancellationToken cancellation) =>
        Results.Json(new ListView<AgentReleaseView>([.. (await releases.ListAsync(cancellation)).Select(Of)]), ApiJsonContext.Default.ListViewAgentReleaseView);

    private static async Task<IResult> AddAsync(
        HttpRequest request,
        [FromServices] AgentReleaseStore releases,
        [FromQuery] string? version,
        [FromQuery] string? architecture,
        CancellationToken cancellation)
    {
        if (!ReleaseVersion.TryParse(version, out ReleaseVersion parsed))
        {
            return Problems.Fields([new FieldError("version", "MAJOR.MINOR.PATCH, and -PRERELEASE or +BUILD", version is null ? "nothing" : $"'{version}'")]);
        }

        if (architecture is not (MachineArchitecture.X64 or MachineArchitecture.Arm64))
        {
            return Problems.Fields(
                [new FieldError("architecture", $"{MachineArchitecture.X64} or {MachineArchitecture.Arm64}", architecture is null ? "nothing" : $"'{architecture}'")]);
        }

        try
        {
            AgentReleaseRecord record = await releases.AddAsync(parsed, architecture, request.Body, cancellation);
            return Results.Json(Of(record), ApiJsonContext.Default.AgentReleaseView, statusCode: StatusCodes.Status201Created);
        }
        catch (AgentReleaseException e)
        {
            return Problems.Of(e.IsConflict ? StatusCodes.Status409Conflict : StatusCodes.Status422UnprocessableEntity, e.Message);
        }
    }

    private static IResult GetArtifact(string digest, [FromServices] AgentReleaseStore releases) =>
        Digest.TryParse(digest, out Digest parsed) && releases.PathOf(parsed) is string path
            ? Results.File(path, ArtifactType, entityTag: new EntityTagHeaderValue($"\"{parsed.Hex}\""), enableRangeProcessing: true)
            : Problems.NotFound("agent artifact", digest);

    private static async Task<IResult> GetManifestAsync(
        string digest,
        [FromServices] AgentReleaseStore releases,
        [FromServices] IFleetSigner signer,
        [FromQuery] ulong? trust,
        CancellationToken cancellation)
    {
        if (!Digest.TryParse(digest, out Digest parsed) || await releases.FindAsync(parsed, cancellation) is not AgentReleaseRecord record)
        {
            return Problems.NotFound("agent artifact", digest);
        }

        byte[] message = signer.Sign(SignedPurpose.AgentRelease, record.Manifest.Architecture, record.Manifest.Encode(), trust ?? 0);
        return Results.Bytes(message, ManifestType);
    }

    private static AgentReleaseView Of(AgentReleaseRecord record) => new(
        record.Manifest.Version.Value,
        record.Manifest.Architecture,
        record.Manifest.Digest.Value,
        record.Manifest.SizeBytes,
        record.Manifest.UnpackedBytes,
        [.. record.Manifest.Files.Select(static file => file.Name)],
        record.CreatedAt);
}
