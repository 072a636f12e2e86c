using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>An operator's token as text: <c>mvma.ID.SECRET</c>.</summary>
/// <param name="Id">Names it; not a secret.</param>
/// <param name="Secret">32 random bytes, base64url.</param>
internal sealed record ApiToken(string Id, string Secret)
{
    private const string Prefix = "mvma";
    private const int MaxLength = 80, IdBytes = 6, SecretBytes = 32;

    internal static ApiToken New() => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)));

    internal static bool TryParse(string? text, [NotNullWhen(true)] out ApiToken? token)
    {
        token = text is { Length: <= MaxLength } && text.Split('.') is [Prefix, { Length: 2 * IdBytes } id, { Length: > 0 } secret] ? new ApiToken(id, secret) : null;
        return token is not null;
    }

    public override string ToString() => $"{Prefix}.{Id}.{Secret}";
}
