using System.Text;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>A request's body as text.</summary>
internal static class BodyText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the whole body; Kestrel holds it to <see cref="ApiLimits.BodyBytes"/>.</summary>
    /// <exception cref="BadHttpRequestException">It is too large or not UTF-8.</exception>
    internal static async Task<string> ReadAsync(HttpRequest request)
    {
        using MemoryStream bytes = new();
        await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        try
        {
            return s_strict.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadHttpRequestException("body: expected UTF-8, found other bytes", StatusCodes.Status400BadRequest, e);
        }
    }

    internal static bool IsJson(HttpRequest request) =>
        request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) == true;
}
