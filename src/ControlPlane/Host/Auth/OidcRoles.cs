using System.Security.Claims;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>Turns what an identity provider says into this program's role.</summary>
internal static class OidcRoles
{
    /// <summary>
    /// Takes away claims that only this program may make, and adds the highest role that the provider names. A caller without one
    /// stays without one.
    /// </summary>
    internal static void Apply(ClaimsIdentity identity, string roleClaim)
    {
        foreach (Claim claim in identity.Claims.Where(CallerClaims.IsOwn).ToList())
        {
            identity.RemoveClaim(claim);
        }

        Role? highest = identity.FindAll(roleClaim).Select(static claim => Parse(claim.Value)).Max();
        if (highest is Role role)
        {
            CallerClaims.SetRole(identity, role);
        }
    }

    private static Role? Parse(string text) => text switch
    {
        "viewer" => Role.Viewer,
        "operator" => Role.Operator,
        "admin" => Role.Admin,
        _ => null,
    };
}
