using System.Security.Claims;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>Who calls, as claims of this program's own. What has no role of ours has no role.</summary>
internal static class CallerClaims
{
    private const string RoleClaim = "microvm:role", DeviceClaim = "microvm:device", RenewingClaim = "microvm:renewing";

    internal static ClaimsIdentity OfOperator(string name, Role role, string scheme) => new(
        [new Claim(ClaimTypes.Name, name), new Claim(RoleClaim, ((int)role).ToString(System.Globalization.CultureInfo.InvariantCulture))], scheme);

    internal static ClaimsIdentity OfDevice(string device, bool renewalOnly, string scheme) => new(
        [new Claim(ClaimTypes.Name, $"device {device}"), new Claim(renewalOnly ? RenewingClaim : DeviceClaim, device)], scheme);

    /// <summary>The role; null when the caller has none.</summary>
    internal static Role? RoleOf(ClaimsPrincipal caller) =>
        int.TryParse(caller.FindFirstValue(RoleClaim), out int number) && Enum.IsDefined((Role)number) ? (Role)number : null;

    internal static void SetRole(ClaimsIdentity identity, Role role) =>
        identity.AddClaim(new Claim(RoleClaim, ((int)role).ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>True when somebody else's token brings claims with this program's names.</summary>
    internal static bool IsOwn(Claim claim) => claim.Type.StartsWith("microvm:", StringComparison.Ordinal);

    /// <summary>The device that calls with a certificate that may connect; null when none does.</summary>
    internal static string? DeviceOf(ClaimsPrincipal caller) => caller.FindFirstValue(DeviceClaim);

    /// <summary>The device that calls with a certificate that may be renewed; null when none does.</summary>
    internal static string? RenewingDeviceOf(ClaimsPrincipal caller) => caller.FindFirstValue(RenewingClaim) ?? DeviceOf(caller);

    internal static string NameOf(ClaimsPrincipal caller) => caller.Identity?.Name is { Length: > 0 } name ? name : "unknown";
}
