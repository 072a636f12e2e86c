namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>Names of how a caller may show who it is, and of what an endpoint may ask for.</summary>
internal static class AuthSchemes
{
    /// <summary>A token of this control plane, or a device's certificate.</summary>
    internal const string Own = "own";

    /// <summary>A JWT of the operator's identity provider.</summary>
    internal const string Oidc = "oidc";

    /// <summary>Policy: viewers read, operators write. What an endpoint gets that asks for nothing.</summary>
    internal const string ByMethod = "by-method";

    /// <summary>Policy: operators and admins, reading too.</summary>
    internal const string Operator = "operator";

    /// <summary>Policy: admins.</summary>
    internal const string Admin = "admin";

    /// <summary>Policy: viewers, and devices with a certificate.</summary>
    internal const string ViewerOrDevice = "viewer-or-device";

    /// <summary>Policy: devices with a certificate that may connect.</summary>
    internal const string Device = "device";

    /// <summary>Policy: a device whose certificate is good for renewing itself at least.</summary>
    internal const string RenewingDevice = "renewing-device";
}
