using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.WebUtilities;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>Errors as <c>application/problem+json</c> (RFC 9457).</summary>
internal static class Problems
{
    private const string MediaType = "application/problem+json";

    internal static IResult Of(int status, string? detail, IReadOnlyList<FieldError>? errors = null) =>
        Results.Json(View(status, detail, errors), ApiJsonContext.Default.ProblemView, MediaType, status);

    internal static IResult NotFound(string what, string name) => Of(StatusCodes.Status404NotFound, $"{what}: expected one that is known, found '{name}'");

    /// <summary>Fields of what was sent are wrong.</summary>
    internal static IResult Fields(IReadOnlyList<FieldError> errors) => Of(
        StatusCodes.Status422UnprocessableEntity,
        errors is [FieldError one] ? $"{one.Field}: expected {one.Expected}, found {one.Found}" : $"{errors.Count} fields are wrong; nothing was stored",
        errors);

    internal static IResult Stale(string what) => Of(
        StatusCodes.Status412PreconditionFailed, $"If-Match: expected the ETag of the newest version of the {what}; get it again");

    internal static IResult MatchRequired(string what) => Of(
        StatusCodes.Status428PreconditionRequired, $"If-Match: expected the ETag of the {what} that this replaces, found none");

    /// <summary>Writes a problem where there is no endpoint that could return one.</summary>
    internal static Task WriteAsync(HttpContext context, int status, string? detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(View(status, detail, null), ApiJsonContext.Default.ProblemView, MediaType, context.RequestAborted);
    }

    private static ProblemView View(int status, string? detail, IReadOnlyList<FieldError>? errors) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, errors ?? []);
}
