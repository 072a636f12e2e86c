using System.Security.Cryptography;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Secrets;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Secrets;

/// <summary>Secrets: set and forgotten, never given back.</summary>
internal static class SecretEndpoints
{
    private const int MaxSecrets = 4096;

    internal static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Secrets, static ([FromServices] SecretTable secrets) => Results.Json(
                new ListView<SecretView>([.. secrets.List().Select(Of)]), ApiJsonContext.Default.ListViewSecretView))
            .RequireAuthorization(AuthSchemes.Operator).WithSummary("Secrets without their values.").Produces<ListView<SecretView>>();
        routes.MapPut(ApiPaths.Secret("{name}"), PutAsync)
            .RequireAuthorization(AuthSchemes.Operator)
            .WithSummary("Gives a secret a new value, the body as it is; VMs that use it are started anew with it.")
            .WithMetadata(new RequestSizeLimitAttribute(SealedSecret.MaxBytes))
            .Accepts<Stream>("application/octet-stream", "*/*")
            .Produces<SecretView>()
            .Produces<ProblemView>(StatusCodes.Status413PayloadTooLarge, "application/problem+json");
        routes.MapDelete(ApiPaths.Secret("{name}"), static async (string name, [FromServices] SecretTable secrets) =>
                await secrets.DeleteAsync(name) ? Results.NoContent() : Problems.NotFound("secret", name))
            .RequireAuthorization(AuthSchemes.Operator)
            .WithSummary("Forgets a secret; what runs with it goes on.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> PutAsync(
        string name,
        HttpRequest request,
        [FromServices] SecretTable secrets,
        [FromServices] IDeploymentDirectory deployments,
        [FromServices] IGrainFactory grains)
    {
        if (!ResourceName.TryParse(name, out ResourceName parsed))
        {
            return Problems.Fields([new FieldError("name", "1 to 63 characters of [a-z0-9-] that begin and end with a letter or digit", $"'{name}'")]);
        }

        if (secrets.VersionOf(name) is null && secrets.List().Count >= MaxSecrets)
        {
            return Problems.Fields([new FieldError("name", $"at most {MaxSecrets} secrets", $"{MaxSecrets + 1}")]);
        }

        byte[] buffer = new byte[SealedSecret.MaxBytes];
        try
        {
            int length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
            if (length == 0)
            {
                return Problems.Fields([new FieldError("body", $"1 to {SealedSecret.MaxBytes} bytes", "nothing")]);
            }

            SecretRecord record = await secrets.PutAsync(parsed, buffer.AsMemory(0, length));
            foreach (DeploymentEntry entry in deployments.List())
            {
                await grains.GetGrain<IDeploymentGrain>(entry.Name).SecretChangedAsync(name);
            }

            return Results.Json(Of(record), ApiJsonContext.Default.SecretView);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static SecretView Of(SecretRecord record) => new(record.Name, record.Version, record.Size, record.UpdatedAt);
}
