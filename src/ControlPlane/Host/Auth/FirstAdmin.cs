using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage.Identity;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>The token that the first start makes, so that somebody can begin: a file that its owner alone may read.</summary>
internal sealed class FirstAdmin(ApiTokenTable tokens, DataDirectory directory, TimeProvider time)
{
    /// <summary>Makes the token when there never was one. Who deletes the file does not get another.</summary>
    internal async Task EnsureAsync()
    {
        if (tokens.List().Count > 0)
        {
            return;
        }

        ApiToken token = ApiToken.New();
        // The file first: a token that nobody has would be the only one there ever is.
        DurableFile.Write(directory.AdminToken, token + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await tokens.AddAsync(token, new ApiTokenRecord(token.Id, "first admin", Role.Admin, time.GetUtcNow(), null, false));
    }
}
