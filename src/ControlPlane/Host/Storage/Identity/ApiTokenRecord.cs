using MicroVm.ControlPlane.Host.Auth;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>What is kept of an operator's token; never its secret.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">Whom it is for, in the operator's words; the actor in the audit log.</param>
/// <param name="Role">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="Revoked">Whether it was ended.</param>
internal sealed record ApiTokenRecord(string Id, string Name, Role Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, bool Revoked);
