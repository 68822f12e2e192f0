// Adds a button to each listing that copies its code. Without this script, pages lack nothing else.
for (const listing of navigator.clipboard ? document.querySelectorAll('.code') : []) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    const copied = navigator.clipboard.writeText(listing.querySelector('code').textContent);
    button.textContent = await copied.then(() => 'Copied', () => 'Not allowed');
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  listing.append(button);
}
