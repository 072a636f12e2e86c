using System.Security.Cryptography;
using System.Text;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>What is kept of a secret that this server made: 32 random bytes need no salt and no slow hash.</summary>
internal static class SecretHash
{
    internal static byte[] Of(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
