namespace MicroVm.ControlPlane.Host.Api;

/// <summary>Conditional requests (RFC 9110 section 13.1.1).</summary>
internal static class ETags
{
    /// <summary>The ETag that a request names; null when it names none, or any by <c>*</c>.</summary>
    internal static string? IfMatch(HttpRequest request) => Given(request) is { } etag && etag != "*" ? etag : null;

    /// <summary>True when a request names a version, <c>*</c> included.</summary>
    internal static bool HasIfMatch(HttpRequest request) => Given(request) is not null;

    internal static void Set(HttpResponse response, string etag) => response.Headers.ETag = etag;

    private static string? Given(HttpRequest request) => request.Headers.IfMatch.ToString() is { Length: > 0 } etag ? etag : null;
}
